import Domain

extension KeyTable {
    private static let maker = KeyMaker(defaults: Configuration(stateDirectory: "", workers: 1))

    /// `coverage.*`.
    static let coverageKeys: [KeyBinding<Configuration>] = [
        maker.key(
            "coverage.dead_letters",
            \.coverage.deadLetters,
            share,
            "Of a source's or a model's last lines, the share that cannot be used beyond which riskd counts as blind for them."
        ),
        maker.key(
            "coverage.repeats",
            \.coverage.repeats,
            share,
            "The share of a source's records that were met before; a file that holds nothing else from its first line on is a copy, and no matter."
        ),
        maker.key(
            "coverage.late",
            \.coverage.late,
            share,
            "The share of records that come after their tick was closed."
        ),
        maker.key(
            "coverage.degraded",
            \.coverage.degraded,
            share,
            "The share of records of which an image, features or an answer was not used as it was logged."
        ),
        maker.key(
            "coverage.uncompared",
            \.coverage.uncompared,
            share,
            "The share of a model's records that are compared with nothing: without an input, or the first of their shape."
        ),
        maker.key(
            "coverage.without_opinion",
            \.coverage.withoutOpinion,
            share,
            "The share of a model's records of which a configured second opinion is not formed."
        ),
        maker.key(
            "coverage.factor",
            \.coverage.factor,
            .integer(1...100, unit: "times"),
            "How many times what is usual for a source or model a share must also be, up to twice its bound."
        ),
        maker.key(
            "coverage.least",
            \.coverage.least,
            .integer(1...200, unit: "lines"),
            "How many bad lines there must be before anything is said; of an account as well."
        ),
        maker.key(
            "coverage.account_share",
            \.coverage.accountShare,
            share,
            "The share of an account's lines that cannot be used from which on it is listed as suspicious."
        ),
        maker.key(
            "coverage.accounts",
            \.coverage.accounts,
            .integer(1...256, unit: "accounts"),
            "How many such accounts are listed at most."
        ),
    ]

    private static var share: ValueType<Double> { .number(0.001...1, unit: "share") }
}
