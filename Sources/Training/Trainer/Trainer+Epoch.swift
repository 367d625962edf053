extension Trainer {
    /// How an epoch went.
    package struct Epoch: Hashable, Sendable {
        /// From 1.
        package let number: Int
        /// The mean training loss.
        package let loss: Double
        /// The mean validation loss.
        package let validationLoss: Double
        /// The classes of the validation examples; nothing for a reconstruction without a guide.
        package let tally: Tally

        /// The share of clean validation examples whose label was met; nil for a reconstruction without a guide.
        package var accuracy: Double? {
            tally.clean > 0 ? Double(tally.correct) / Double(tally.clean) : nil
        }
    }
}
