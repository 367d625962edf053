/// What a network is trained for.
package enum Objective: Hashable, Sendable {
    /// Cross-entropy of the softmax of the outputs against the label.
    case classification
    /// The mean squared difference of the outputs from the input that the example was made from and, with a guide, what
    /// a classifier makes of the outputs.
    case reconstruction(Guide?)

    /// A classifier that says whether a reconstruction is still of its class (Liao and others 2018).
    package struct Guide: Hashable, Sendable {
        /// Takes what is reconstructed.
        package let classifier: ClassifierNetwork
        /// What its cross-entropy counts beside the mean squared difference.
        package let weight: Float

        package init(_ classifier: ClassifierNetwork, weight: Float) {
            self.classifier = classifier
            self.weight = weight
        }
    }

    /// Whether classes come out, of the network itself or of its guide.
    var tellsClasses: Bool { self != .reconstruction(nil) }
}
