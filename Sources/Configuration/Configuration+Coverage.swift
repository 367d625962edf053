extension Configuration {
    /// `coverage.*`: how much of what is logged riskd has to see.
    package struct Coverage: Hashable, Sendable {
        /// Lines that cannot be used, a share above 0.
        package var deadLetters = 0.05
        /// Records that were met before.
        package var repeats = 0.5
        /// Records whose tick was closed.
        package var late = 0.05
        /// Records of which a field that detectors go by was not used as it was logged.
        package var degraded = 0.25
        /// Records that are compared with nothing.
        package var uncompared = 0.25
        /// Records that a configured second opinion is not formed of.
        package var withoutOpinion = 0.25
        /// How many times its usual share a measure must also reach.
        package var factor = 3
        /// Fewer bad lines say nothing.
        package var least = 10
        /// The share of an account's lines that cannot be used from which on it is listed.
        package var accountShare = 0.5
        /// How many accounts are listed at most.
        package var accounts = 20
    }
}
