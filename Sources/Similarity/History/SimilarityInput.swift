package import Domain

/// One input that a model saw, with what similarity needs to know of its record.
package struct SimilarityInput: Hashable, Sendable {
    /// The place of its observation in the global order; larger than that of every input before it.
    package let sequence: Int64
    package let record: RecordID
    /// Who sent it.
    package let user: UserID
    /// When it was served.
    package let time: Timestamp
    /// What the metric compares: the image as the model saw it, or a feature vector's bytes
    /// (``SimilarityMetric/content(image:features:)``).
    package let image: Image
    /// What the model answered.
    package let prediction: Prediction

    package init(
        sequence: Int64,
        record: RecordID,
        user: UserID,
        time: Timestamp,
        image: Image,
        prediction: Prediction
    ) {
        self.sequence = sequence
        self.record = record
        self.user = user
        self.time = time
        self.image = image
        self.prediction = prediction
    }
}
