/// How often a network, or the classifier after it, met the class that it should.
package struct Tally: Hashable, Sendable {
    /// Clean examples.
    package private(set) var clean = 0
    /// Those of them with their label.
    package private(set) var correct = 0
    /// Those of them with another class than the served model gave.
    package private(set) var disagreements = 0
    /// Adversarial examples on which the served model was wrong.
    package private(set) var successful = 0
    /// Those of them with another class than the served model gave.
    package private(set) var noticed = 0
    /// Those of them with their label, which is the class of the image that they came from.
    package private(set) var recovered = 0

    /// The share of clean examples with another class than the served model gave, 0 … 1; 0 where there are none.
    package var cleanDisagreement: Double { Double(disagreements) / Double(max(clean, 1)) }
    /// The share of successful adversarial examples with their label, 0 … 1; 0 where there are none.
    package var recovery: Double { Double(recovered) / Double(max(successful, 1)) }

    /// The share of successful adversarial examples with another class than the served model gave, 0 … 1; 0 where there are none.
    package var adversarialDisagreement: Double { Double(noticed) / Double(max(successful, 1)) }

    /// Nothing yet.
    package init() {}

    /// Counts what was answered for an example.
    ///
    /// - Parameters:
    ///   - answer: the place of the class that the network gives.
    ///   - index: of the example.
    ///   - examples: where it is from.
    package mutating func count(_ answer: Int, for index: Int, of examples: Examples) {
        let (label, served) = (examples.labels[index], examples.served[index])
        if examples.isClean[index] {
            clean += 1
            correct += answer == label ? 1 : 0
            disagreements += answer != served ? 1 : 0
        } else if served != label {
            successful += 1
            noticed += answer != served ? 1 : 0
            recovered += answer == label ? 1 : 0
        }
    }

    /// Adds another's counts.
    package mutating func add(_ other: Tally) {
        clean += other.clean
        correct += other.correct
        disagreements += other.disagreements
        successful += other.successful
        noticed += other.noticed
        recovered += other.recovered
    }
}
