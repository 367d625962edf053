import Domain
import Testing

@testable import SecondOpinion

@Suite(.timeLimit(.minutes(10))) struct SecondOpinionTests {
    // MARK: With the recorded models

    @Test func `features, backbone and image agree on a real trace`() throws {
        let encoder = try RecordedModel("fashion-encoder")
        let backbone = try RecordedModel("fashion-backbone")
        let logged = try SecondOpinion(name: "a", input: .features, model: encoder, classes: fashionClasses)
        let computed = try SecondOpinion(name: "b", input: .backbone(backbone), model: encoder)
        let same = try SecondOpinion(name: "c", input: .image, model: RecordedModel("fashion-full"))
        for record in try Trace.sample.get() {
            let first = try #require(try logged.finding(for: record))
            let second = try #require(try computed.finding(for: record))
            #expect((first.name, second.name) == ("a", "b"))
            #expect(abs(first.score - second.score) <= 1e-4)
            // The served model itself never disagrees.
            let own = try #require(try same.finding(for: record))
            #expect(!own.disagrees)
            #expect(abs(own.probabilityOfLogged - record.prediction.probability) <= 2e-6)
        }
    }

    @Test func `an opinion depends on its record alone, however many are asked for at once`() throws {
        let records = try Trace.sample.get()
        for name in ["fashion-encoder", "fashion-encoder-adv"] {
            let opinion = try SecondOpinion(
                name: name,
                input: .features,
                model: RecordedModel(name),
                classes: fashionClasses
            )
            #expect(opinion.batchSize == 64)
            let alone = try records.map { try #require(try opinion.finding(for: $0)) }
            #expect(Set(alone.map(\.probabilityOfLogged)).count > 10)
            for many in [records, records + records + records] {
                let together = try opinion.findings(for: many).map { try $0.get() }
                #expect(together == (0..<many.count).map { alone[$0 % records.count] })
            }
            let backwards = try opinion.findings(for: records.reversed()).map { try $0.get() }
            #expect(backwards == alone.reversed())
        }
    }

    @Test func `a record that does not fit is an error of its own among others`() throws {
        let opinion = try SecondOpinion(
            name: "o",
            input: .features,
            model: RecordedModel("fashion-encoder"),
            classes: fashionClasses
        )
        let good = try #require(try Trace.sample.get().first)
        let bad = record(label: "bag", features: [.nan])
        let silent = record(label: "bag", features: nil)
        let results = opinion.findings(for: [good, bad, silent, good])
        #expect(try results[0].get() == opinion.finding(for: good))
        #expect(throws: OpinionError.self) { try results[1].get() }
        #expect(try results[2].get() == nil)
        #expect(try results[3].get() == results[0].get())
    }

    @Test func `a model whose rows depend on each other is asked one at a time`() throws {
        let opinion = try SecondOpinion(
            name: "o",
            input: .features,
            model: MixingModel(),
            classes: ["x", "y"]
        )
        #expect(opinion.batchSize == 1)
        let finding = try #require(try opinion.finding(for: record(label: "x", features: [1, 3])))
        #expect(finding.probabilityOfLogged == 0.25)
    }

    @Test(
        "logits are refused when they are tried out, with the sum that was seen, also those of a model without a bias"
    )
    func logits() throws {
        let logits = try SecondOpinion(
            name: "o",
            input: .features,
            model: LinearModel(),
            classes: ["x", "y"]
        )
        do {
            try logits.tryOut()
            Issue.record("taken")
        } catch {
            let text = error.description
            #expect(text.contains(/and sum to [0-9]+\.[0-9]+,/) && text.contains("softmax"), "\(text)")
            #expect(!text.contains("\n"))
        }
        let zero = try SecondOpinion(
            name: "o",
            input: .features,
            model: FixedModel(answer: [0, 0]),
            classes: ["x", "y"]
        )
        #expect(throws: OpinionError.self) { try zero.tryOut() }
        let odd = try SecondOpinion(
            name: "o",
            input: .features,
            model: FixedModel(answer: [0.9, 0.8]),
            classes: ["x", "y"]
        )
        #expect(try odd.tryOut()?.contains("sum to 1.7, not to 1") == true)
        let rounded = try SecondOpinion(
            name: "o",
            input: .features,
            model: FixedModel(answer: [0.49, 0.5]),
            classes: ["x", "y"]
        )
        #expect(try rounded.tryOut() == nil)
    }

    @Test("a model that divides by the spread of its input is tried out on inputs that have one")
    func spread() throws {
        let opinion = try SecondOpinion(name: "o", input: .image, model: SpreadModel(), classes: ["x", "y"])
        #expect(try opinion.tryOut() == nil)
    }

    @Test func `trying out finds a model that gives no probabilities`() throws {
        let wrong: [FixedModel] = [
            FixedModel(answer: [.nan, 1]), FixedModel(answer: [2, -1]),
            FixedModel(answer: [0.5, 0.25, 0.25], outputShape: [nil, nil]),
        ]
        for model in wrong {
            let opinion = try SecondOpinion(name: "o", input: .features, model: model, classes: ["x", "y"])
            #expect(throws: OpinionError.self) { try opinion.tryOut() }
        }
        try SecondOpinion(
            name: "o",
            input: .backbone(RecordedModel("fashion-backbone")),
            model: RecordedModel("fashion-encoder"),
            classes: fashionClasses
        ).tryOut()
    }

    // MARK: Rules

    @Test func `the score is what the second model denies the logged class`() throws {
        let opinion = try SecondOpinion(
            name: "double",
            input: .features,
            model: FixedModel(answer: [0.25, 0.5, 0.25]),
            classes: ["x", "y", "z"],
            modelDigest: "0123"
        )
        let finding = try #require(try opinion.finding(for: record(label: "z")))
        #expect(
            finding
                == OpinionFinding(
                    name: "double",
                    classIndex: 1,
                    probabilityOfLogged: 0.25,
                    disagrees: true,
                    modelDigest: "0123"
                )
        )
        #expect(finding.score == 0.75)
        #expect(try opinion.finding(for: record(label: "y"))?.disagrees == false)
    }

    @Test func `without class names the logged probabilities tell the class`() throws {
        let opinion = try SecondOpinion(name: "o", input: .features, model: FixedModel(answer: [0.5, 0.5]))
        let finding = try #require(try opinion.finding(for: record(label: "?", probabilities: [0.1, 0.9])))
        // The first of equals is the second model's class.
        #expect(
            finding
                == OpinionFinding(
                    name: "o",
                    classIndex: 0,
                    probabilityOfLogged: 0.5,
                    disagrees: true,
                    modelDigest: ""
                )
        )
    }

    @Test func `a record that lacks what is needed has no opinion`() throws {
        let model = FixedModel(answer: [0.5, 0.5])
        let pixels = FixedModel(answer: [0.5, 0.5], inputShape: [nil, 1, 2, 2])
        let named = try SecondOpinion(name: "o", input: .features, model: model, classes: ["x", "y"])
        let unnamed = try SecondOpinion(name: "o", input: .features, model: model)
        let image = try SecondOpinion(name: "o", input: .image, model: pixels, classes: ["x", "y"])
        let backbone = try SecondOpinion(
            name: "o",
            input: .backbone(FixedModel(answer: [1, 2], inputShape: [1, 1, 2, 2])),
            model: model,
            classes: ["x", "y"]
        )
        #expect(try named.finding(for: record(label: "x", features: nil)) == nil)
        #expect(try named.finding(for: record(label: "w")) == nil)
        #expect(try unnamed.finding(for: record(label: "x")) == nil)
        #expect(try image.finding(for: record(label: "x")) == nil)
        #expect(try backbone.finding(for: record(label: "x")) == nil)
    }

    @Test func `class names are compared by their bytes`() throws {
        let opinion = try SecondOpinion(
            name: "o",
            input: .features,
            model: FixedModel(answer: [0.25, 0.75]),
            classes: ["caf\u{e9}", "cafe\u{301}"]
        )
        #expect(try opinion.finding(for: record(label: "cafe\u{301}"))?.probabilityOfLogged == 0.75)
    }

    @Test func `rounding outside 0 to 1 is put right`() throws {
        let opinion = try SecondOpinion(
            name: "o",
            input: .features,
            model: FixedModel(answer: [-0.0005, 1.0005]),
            classes: ["x", "y"]
        )
        #expect(try opinion.finding(for: record(label: "x"))?.score == 1)
        #expect(try opinion.finding(for: record(label: "y"))?.score == 0)
    }

    @Test(
        arguments: [[0.5], [0.2, 0.3, 0.5], [], [.nan, 1], [.infinity, 0], [1.1, -0.1], [0, -0.01]]
            as [[Float]]
    )
    func `an answer that is not probabilities is an error, not a finding`(answer: [Float]) throws {
        let free = FixedModel(answer: answer, outputShape: [nil, nil])
        for classes in [["x", "y"], nil] {
            let opinion = try SecondOpinion(name: "o", input: .features, model: free, classes: classes)
            let error = try #require(throws: OpinionError.self) {
                try opinion.finding(for: record(label: "x", probabilities: [0.9, 0.1]))
            }
            guard case .invalidAnswer("o", _) = error else { throw error }
        }
    }

    @Test func `features that do not fit are the record's fault`() throws {
        let opinion = try SecondOpinion(
            name: "o",
            input: .features,
            model: FixedModel(answer: [0.5, 0.5]),
            classes: ["x", "y"]
        )
        for features: [Float] in [[], [1], [1, 2, 3], [.nan, 1], [1, -.infinity]] {
            let error = try #require(throws: OpinionError.self) {
                try opinion.finding(for: record(label: "x", features: features))
            }
            guard case .unfitRecord("o", _) = error else { throw error }
        }
    }

    @Test func `an image that does not fit is the record's fault`() throws {
        let opinion = try SecondOpinion(
            name: "o",
            input: .image,
            model: FixedModel(answer: [0.5, 0.5], inputShape: [1, 3, 2, 2]),
            classes: ["x", "y"]
        )
        let grey = Image(shape: ImageShape(height: 2, width: 2, channels: 1), pixels: [0, 1, 2, 3])
        #expect(
            throws: OpinionError.unfitRecord(
                opinion: "o",
                reason: "an image of 2x2x1, but the model takes [1, 3, 2, 2]"
            )
        ) { try opinion.finding(for: record(label: "x", image: grey)) }
    }

    @Test func `a failing model is an error`() throws {
        let opinion = try SecondOpinion(
            name: "o",
            input: .features,
            model: FailingModel(),
            classes: ["x", "y"]
        )
        #expect(throws: OpinionError.modelFailed(reason: "test")) {
            try opinion.finding(for: record(label: "x"))
        }
    }

    @Test func `what can never work is found at once`() {
        let flat = FixedModel(answer: [0.5, 0.5])
        let pixels = FixedModel(answer: [1, 2, 3], inputShape: [nil, 1, 2, 2])
        let wrong: [(OpinionInput, FixedModel, [String]?)] = [
            (.image, flat, nil), (.features, pixels, nil), (.backbone(flat), flat, nil),
            (.backbone(pixels), flat, nil), (.features, flat, ["x"]), (.features, flat, ["x", "x"]),
            (.features, flat, []),
        ]
        for (input, model, classes) in wrong {
            let error = #expect(throws: OpinionError.self) {
                try SecondOpinion(name: "o", input: input, model: model, classes: classes)
            }
            guard case .misconfigured("o", _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test func `an image is laid out channel by channel, from 0 to 1`() {
        let shape = ImageShape(height: 2, width: 3, channels: 3)
        let image = Image(shape: shape, pixels: (0..<18).map { UInt8($0 * 15) })
        var expected: [Float] = []
        for channel in 0..<3 {
            for row in 0..<2 {
                for column in 0..<3 { expected.append(Float(((row * 3 + column) * 3 + channel) * 15) / 255) }
            }
        }
        #expect(image.planar == expected)
        let grey = Image(shape: ImageShape(height: 16, width: 16, channels: 1), pixels: Array(0...255))
        #expect(grey.planar == (0...255).map { Float($0) / 255 })
        let fine = Image(
            shape: ImageShape(height: 1, width: 3, channels: 1),
            pixels: [0, 128, 255],
            fractions: [0, -128, -64]
        )
        #expect(fine.planar == [0, 0.5, Float(254.75 / 255)])
    }
}

private let fashionClasses = [
    "tshirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle_boot",
]

/// Answers the same to everything.
private struct FixedModel: OpinionModel {
    var answer: [Float]
    var inputShape: [Int?]
    var outputShape: [Int?]

    init(answer: [Float], inputShape: [Int?] = [nil, 2], outputShape: [Int?]? = nil) {
        self.answer = answer
        self.inputShape = inputShape
        self.outputShape = outputShape ?? [nil, answer.count]
    }

    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float] { answer }
}

/// Divides by the sum of the whole batch.
private struct MixingModel: OpinionModel {
    var inputShape: [Int?] { [nil, 2] }
    var outputShape: [Int?] { [nil, 2] }

    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float] {
        let sum = input.reduce(0, +)
        return input.map { $0 / sum }
    }
}

/// Logits of a model without a bias: zeros for zeros.
private struct LinearModel: OpinionModel {
    var inputShape: [Int?] { [nil, 3] }
    var outputShape: [Int?] { [nil, 2] }

    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float] {
        (0..<shape[0]).flatMap { row -> [Float] in
            let sum = input[row * 3..<row * 3 + 3].reduce(0, +)
            return [2 * sum, -sum / 2]
        }
    }
}

/// Probabilities of a picture less its mean, by its standard deviation; not a number where it is flat.
private struct SpreadModel: OpinionModel {
    var inputShape: [Int?] { [nil, 1, 4, 4] }
    var outputShape: [Int?] { [nil, 2] }

    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float] {
        let mean = input.reduce(0, +) / Float(input.count)
        let spread = (input.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(input.count)).squareRoot()
        let first = 0.5 + 0.1 * (input[0] - mean) / spread
        return [first, 1 - first]
    }
}

private struct FailingModel: OpinionModel {
    var inputShape: [Int?] { [nil, nil] }
    var outputShape: [Int?] { [nil, nil] }

    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float] {
        throw .modelFailed(reason: "test")
    }
}

private func record(
    label: String,
    probabilities: [Double]? = nil,
    features: [Float]? = [1, 2],
    image: Image? = nil
) -> Record {
    Record(
        id: RecordID("r"),
        time: Timestamp(milliseconds: 0),
        model: ModelID("m"),
        user: UserID("u"),
        image: image,
        features: features,
        prediction: Prediction(label: label, probability: 0.9, probabilities: probabilities)
    )
}
