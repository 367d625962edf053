/// All that a training has reached; with it, the training goes on as if it had never been interrupted.
package struct TrainerState: Hashable, Sendable {
    /// The network's parameters now.
    package var parameters: [Float]
    /// Adam's running mean of the gradient, one a parameter.
    var means: [Float]
    /// Adam's running mean of the squared gradient, one a parameter.
    var squares: [Float]
    /// Steps taken.
    var steps = 0
    /// Epochs finished.
    package var epoch = 0
    /// The parameters of the epoch with the lowest validation loss.
    package var best: [Float]
    /// That epoch, from 1; 0 before the first.
    package var bestEpoch = 0
    /// Its validation loss.
    package var bestLoss = Double.infinity
    /// What adversarial examples count in the next epoch, beside their own weights.
    package var adversarialScale: Float = 1
    /// Where random choices go on.
    var random: SeededRandom

    /// The state before the first epoch.
    init(parameters: [Float], random: SeededRandom) {
        self.parameters = parameters
        best = parameters
        means = [Float](repeating: 0, count: parameters.count)
        squares = means
        self.random = random
    }
}
