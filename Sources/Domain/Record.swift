/// Height, width and channels of an image.
package struct ImageShape: Hashable, Sendable, CustomStringConvertible {
    /// Rows.
    package let height: Int
    /// Columns.
    package let width: Int
    /// 1 (grey), 3 (RGB) or any other count of interleaved planes.
    package let channels: Int

    package init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Values in an image of this shape.
    package var count: Int { height * width * channels }

    package var description: String { "\(height)x\(width)x\(channels)" }
}

/// An image as the model saw it, in grey levels.
package struct Image: Hashable, Sendable {
    /// Height, width and channels.
    package let shape: ImageShape
    /// Row-major, channel-interleaved (height × width × channel), 0 … 255; `shape.count` bytes.
    package let pixels: [UInt8]
    /// What the values lie above `pixels`, in 256ths of a grey level, -128 … 127; nil where all are whole grey levels.
    package let fractions: [Int8]?
    /// A digest of the values as they were sent, where they were not sent as bytes: only the same values have it.
    package let sent: Digest128?

    /// An image.
    ///
    /// - Precondition: `pixels`, and `fractions` where there are any, have `shape.count` values.
    package init(shape: ImageShape, pixels: [UInt8], fractions: [Int8]? = nil, sent: Digest128? = nil) {
        precondition(pixels.count == shape.count)
        precondition(fractions.map { $0.count == shape.count } ?? true)
        self.shape = shape
        self.pixels = pixels
        self.fractions = fractions
        self.sent = sent
    }
}

/// What the served model answered.
package struct Prediction: Hashable, Sendable {
    /// The class name that was returned to the caller.
    package let label: String
    /// The probability of `label`, 0 … 1.
    package let probability: Double
    /// The probabilities of all classes in the model's order, each 0 … 1, where logged.
    package let probabilities: [Double]?
    /// The place of `label` in `probabilities`, where it is known: it need not be the largest, a threshold may decide.
    package let labelIndex: Int?

    /// An answer.
    ///
    /// - Parameters:
    ///   - label: the class that was returned.
    ///   - probability: its probability, 0 … 1.
    ///   - probabilities: those of all classes.
    ///   - labelIndex: the place of `label`, where the classes' names were logged; nil: the entry of `probabilities` that
    ///     equals `probability`, or else the one that is nearest to it within what single precision and logged decimals
    ///     change. Where two are as near, no place is known.
    package init(label: String, probability: Double, probabilities: [Double]? = nil, labelIndex: Int? = nil) {
        self.label = label
        self.probability = probability
        self.probabilities = probabilities
        let place = probabilities.flatMap { labelIndex ?? Self.place(of: probability, in: $0) }
        self.labelIndex = place.flatMap { probabilities?.indices.contains($0) == true ? $0 : nil }
    }

    /// How far a logged probability may lie from another writing of the same.
    package static let tolerance = 1e-3

    private static func place(of probability: Double, in probabilities: [Double]) -> Int? {
        var best: (place: Int, distance: Double)?
        var isAlone = true
        for (place, entry) in probabilities.enumerated() {
            let distance = abs(entry - probability)
            if let known = best, distance >= known.distance {
                if distance == known.distance { isAlone = false }
            } else {
                (best, isAlone) = ((place, distance), true)
            }
        }
        guard isAlone, let best, best.distance <= tolerance else { return nil }
        return best.place
    }
}

/// One logged inference: who asked, which input, what the model answered.
package struct Record: Hashable, Sendable {
    /// How its logger names it; callers may choose it, so others may have the same.
    package let id: RecordID
    /// A digest of all that is scored of it: user, model, time, input and answer; `unknown` where it was not read from a
    /// log.
    ///
    /// Only the same record has the same id and the same digest.
    package let digest: Digest128
    /// When the inference was served.
    package let time: Timestamp
    /// The model that answered.
    package let model: ModelID
    /// Its version, where logged.
    package let modelVersion: String?
    /// Who asked.
    package let user: UserID
    /// The caller's address, where logged.
    package let source: String?
    /// The input, where logged; without it similarity is silent.
    package let image: Image?
    /// The backbone's output for this input, where logged.
    package let features: [Float]?
    /// The answer.
    package let prediction: Prediction
    /// What of it was not used as it was logged.
    package let degraded: [DegradedField]

    package init(
        id: RecordID,
        time: Timestamp,
        model: ModelID,
        modelVersion: String? = nil,
        user: UserID,
        source: String? = nil,
        image: Image? = nil,
        features: [Float]? = nil,
        prediction: Prediction,
        digest: Digest128 = .unknown,
        degraded: [DegradedField] = []
    ) {
        self.id = id
        self.digest = digest
        self.degraded = degraded
        self.time = time
        self.model = model
        self.modelVersion = modelVersion
        self.user = user
        self.source = source
        self.image = image
        self.features = features
        self.prediction = prediction
    }
}
