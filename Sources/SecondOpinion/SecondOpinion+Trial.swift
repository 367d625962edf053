extension SecondOpinion {
    /// Asks the models once, about an input of zeros, so that one that cannot answer is found before it is used.
    ///
    /// Models that leave a dimension besides the batch free are not asked.
    ///
    /// - Throws: `invalidAnswer` or `modelFailed`.
    package func tryOut() throws(OpinionError) {
        var width = model.inputShape
        if case .backbone(let backbone) = input {
            guard let features = try answer(of: backbone, to: backbone.inputShape) else { return }
            width = [1, features.count]
        }
        guard let answer = try answer(of: model, to: width) else { return }
        try check(answer, count: classes?.count)
    }

    private func answer(of model: any OpinionModel, to shape: [Int?]) throws(OpinionError) -> [Float]? {
        let dimensions = [1] + shape.dropFirst().compactMap { $0 }
        guard dimensions.count == shape.count, let count = product(dimensions) else { return nil }
        return try model.answer(to: [Float](repeating: 0, count: count), shape: dimensions)
    }
}

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
