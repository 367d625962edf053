package import Domain

/// One image that a model saw, with what similarity needs to know of its record.
package struct SimilarityInput: Hashable, Sendable {
    /// The place of its observation in the global order; larger than that of every input before it.
    package let sequence: Int64
    /// Its record.
    package let record: RecordID
    /// Who sent it.
    package let user: UserID
    /// When it was served.
    package let time: Timestamp
    /// The image as the model saw it.
    package let image: Image
    /// What the model answered.
    package let prediction: Prediction

    /// An input.
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
