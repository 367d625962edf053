/// How long and in what steps a network is trained.
package struct TrainingSettings: Hashable, Sendable {
    /// Decides every random choice.
    package var seed: UInt64 = 1
    /// The largest share of clean validation records, 0 … 1, that may get another class than the served model's; nil for any.
    package var cleanDisagreement: Double?
    /// Examples a step.
    package var batch = 128
    /// The step size of Adam at the start; it falls to a tenth along a half cosine until the last epoch.
    package var learningRate: Float = 2e-3
    /// The most passes over the examples, for each network that is trained.
    package var epochs = 40
    /// Passes without a better validation loss after which training ends.
    package var patience = 8

    /// The defaults.
    package init() {}
}
