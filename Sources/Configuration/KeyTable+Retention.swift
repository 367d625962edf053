import Domain

extension KeyTable {
    private static let kept = KeyMaker(defaults: Configuration(stateDirectory: "", workers: 1))
    private static let time = ValueType<Duration>.duration(.zero ... .seconds(36_525 * 86_400))

    /// `retention.*`.
    static let retentionKeys: [KeyBinding<Configuration>] = [
        kept.key(
            "retention.scores",
            \.retention.scores,
            time,
            """
            How long samples, their summaries by the minute, histograms and level changes are kept, in whole days; 0s for good. Later samples can still be \
            recomputed: the tracks as they stood are kept.
            """
        ),
        kept.key(
            "retention.observations",
            \.retention.observations,
            time,
            "How long what detectors said of each query is kept; 0s for good."
        ),
        kept.key(
            "retention.dead_letters",
            \.retention.deadLetters,
            time,
            "How long lines that could not be used are kept; 0s for good."
        ),
        kept.key(
            "retention.summaries",
            \.retention.summaries,
            time,
            """
            How long summaries of samples by the hour are kept, by which long series are drawn, and never less than the samples; \
            0s for good.
            """
        ),
        kept.key(
            "retention.alerts",
            \.retention.alerts,
            time,
            """
            How long alerts that are over are kept, with their events, what people did about them, messages, attempts to deliver \
            these, silences, and both ledgers; 0s for good.
            """
        ),
    ]
}
