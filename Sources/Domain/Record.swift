/// Height, width and channels of an image.
package struct ImageShape: Hashable, Sendable, CustomStringConvertible {
    /// Rows.
    package let height: Int
    /// Columns.
    package let width: Int
    /// 1 (grey), 3 (RGB) or any other count of interleaved planes.
    package let channels: Int

    /// A shape.
    package init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Values in an image of this shape.
    package var count: Int { height * width * channels }

    package var description: String { "\(height)x\(width)x\(channels)" }
}

/// An 8-bit image as the model saw it.
package struct Image: Hashable, Sendable {
    /// Height, width and channels.
    package let shape: ImageShape
    /// Row-major, channel-interleaved (height × width × channel), 0 … 255; `shape.count` bytes.
    package let pixels: [UInt8]

    /// An image.
    ///
    /// - Precondition: `pixels.count == shape.count`.
    package init(shape: ImageShape, pixels: [UInt8]) {
        precondition(pixels.count == shape.count)
        self.shape = shape
        self.pixels = pixels
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

    /// An answer.
    package init(label: String, probability: Double, probabilities: [Double]? = nil) {
        self.label = label
        self.probability = probability
        self.probabilities = probabilities
    }

    /// The place of the largest entry of `probabilities` (the first of equals): the index of `label`.
    package var labelIndex: Int? {
        guard let probabilities, var best = probabilities.indices.first else { return nil }
        for index in probabilities.indices where probabilities[index] > probabilities[best] { best = index }
        return best
    }
}

/// One logged inference: who asked, which input, what the model answered.
package struct Record: Hashable, Sendable {
    /// Unique within `model`.
    package let id: RecordID
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

    /// A record.
    package init(
        id: RecordID,
        time: Timestamp,
        model: ModelID,
        modelVersion: String? = nil,
        user: UserID,
        source: String? = nil,
        image: Image? = nil,
        features: [Float]? = nil,
        prediction: Prediction
    ) {
        self.id = id
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
