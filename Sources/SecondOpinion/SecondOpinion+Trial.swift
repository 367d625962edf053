extension SecondOpinion {
    /// Asks the models about some plausible inputs, so that one that cannot answer, or whose answers are no probabilities, is
    /// found before it is used.
    ///
    /// No input is zero or flat: a model without a bias gives zeros for zeros whatever it is, and one that normalises
    /// pictures divides by nothing. Models that leave a dimension besides the batch free are not asked.
    ///
    /// - Returns: what may be wrong with the answers, in a sentence; nil where nothing seems to be.
    /// - Throws: `invalidAnswer`, which names the sum that was seen, or `modelFailed`.
    @discardableResult
    package func tryOut() throws(OpinionError) -> String? {
        var doubt: String?
        for trial in Trial.allCases {
            var answer: [Float]?
            if case .backbone(let backbone) = input {
                guard let shape = dimensions(of: backbone.inputShape) else { return nil }
                let features = try backbone.answer(to: trial.picture(shape), shape: shape)
                guard features.allSatisfy(\.isFinite) else {
                    throw .invalidAnswer(
                        opinion: name,
                        reason: "the backbone gave a feature that is not finite"
                    )
                }
                answer = try model.answer(to: features, shape: [1, features.count])
            } else if let shape = dimensions(of: model.inputShape) {
                let numbers = shape.count == 4 ? trial.picture(shape) : trial.features(shape)
                answer = try model.answer(to: numbers, shape: shape)
            }
            guard let answer else { return nil }
            doubt = try judge(answer) ?? doubt
        }
        return doubt
    }

    /// What may be wrong with an answer.
    private func judge(_ answer: [Float]) throws(OpinionError) -> String? {
        let sum = answer.reduce(0) { $0 + Double($1) }
        // Written so that NaN is outside.
        if answer.contains(where: { !(0 - Self.tolerance...1 + Self.tolerance).contains($0) }) {
            try check(answer.count)
            throw .invalidAnswer(
                opinion: name,
                reason:
                    "its answers to a trial lie between \(decimals(answer.min())) and \(decimals(answer.max())) and sum to \(decimals(sum)), where probabilities lie between 0 and 1 and sum to 1: they look like logits, let the model end with a softmax"
            )
        }
        try check(answer, count: classes?.count)
        guard abs(sum - 1) > Self.sumTolerance(of: answer.count) else { return nil }
        let isSame = answer.allSatisfy { $0 == answer[0] }
        guard isSame, answer.count > 1 else {
            return
                "the answers of the opinion \(name) to a trial sum to \(decimals(sum)), not to 1: they are no probabilities of classes of which one is right"
        }
        throw .invalidAnswer(
            opinion: name,
            reason:
                "its answers to a trial sum to \(decimals(sum)), not to 1, and are \(decimals(answer[0])) for every class alike"
        )
    }

    private func check(_ count: Int) throws(OpinionError) {
        if let expected = classes?.count, count != expected {
            throw .invalidAnswer(opinion: name, reason: "\(count) numbers for \(expected) classes")
        }
    }

    /// How far quantisation may take a sum of probabilities from 1.
    private static func sumTolerance(of count: Int) -> Double { max(0.02, min(0.2, 0.002 * Double(count))) }

    private func dimensions(of shape: [Int?]) -> [Int]? {
        let dimensions = [1] + shape.dropFirst().compactMap { $0 }
        guard dimensions.count == shape.count, product(dimensions) != nil else { return nil }
        return dimensions
    }
}

/// An input that a model may be asked about: the same numbers in every run.
private enum Trial: UInt64, CaseIterable {
    case first = 1
    case second
    case third

    /// Features as networks give them: not negative, many of them zero, some large.
    func features(_ shape: [Int]) -> [Float] {
        var noise = Noise(state: rawValue)
        let scale = Float(1 << (2 * (rawValue - 1)))
        var numbers = (0..<shape.reduce(1, *)).map { _ in max(0, 2 * noise.next() - 0.5) * scale }
        if !numbers.isEmpty, numbers.allSatisfy({ $0 == 0 }) { numbers[0] = scale }
        return numbers
    }

    /// A picture between 0 and 1: a slope with a bright disc and noise, so that no part of it is flat.
    func picture(_ shape: [Int]) -> [Float] {
        var noise = Noise(state: rawValue)
        let (height, width) = (shape[2], shape[3])
        let radius = Float(min(height, width)) / Float(2 + rawValue)
        return (0..<shape.reduce(1, *)).map { index in
            let (y, x) = (Float(index / width % height), Float(index % width))
            let (dy, dx) = (y - Float(height) / 2, x - Float(width) / 2)
            let isInside = (dy * dy + dx * dx).squareRoot() < radius
            let slope = 0.3 * (x + y) / Float(max(1, height + width))
            return min(1, slope + (isInside ? 0.5 : 0) + 0.2 * noise.next())
        }
    }
}

private struct Noise {
    var state: UInt64

    /// The next number, from 0 to 1.
    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / Float(1 << 24)
    }
}

/// A number with at most three decimals.
private func decimals(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
    return "\((number * 1000).rounded() / 1000)"
}

private func decimals(_ number: Float?) -> String { number.map { decimals(Double($0)) } ?? "none" }

/// The product of positive numbers; nil when it is beyond what an input may be.
private func product(_ numbers: [Int]) -> Int? {
    var result = 1
    for number in numbers {
        let (next, overflowed) = result.multipliedReportingOverflow(by: number)
        guard !overflowed, next <= 1 << 28 else { return nil }
        result = next
    }
    return result
}
