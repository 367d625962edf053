extension Configuration {
    /// `retention.*`: how long what is kept; zero for good.
    package struct Retention: Hashable, Sendable {
        /// Samples, their summaries by the minute, histograms and level changes.
        package var scores = Duration.seconds(400 * 86_400)
        /// What detectors said of each query.
        package var observations = Duration.seconds(400 * 86_400)
        /// Lines that could not be used.
        package var deadLetters = Duration.seconds(400 * 86_400)
        /// Alerts, what people did and saw, and what others were told.
        package var alerts = Duration.seconds(2557 * 86_400)
        /// Summaries of samples by the hour.
        package var summaries = Duration.seconds(2557 * 86_400)

        /// What is kept where nothing is configured.
        package init() {}

        /// The least that may be set: detectors, baselines and restarts look back this far.
        package static let least = Duration.seconds(30 * 86_400)
    }
}
