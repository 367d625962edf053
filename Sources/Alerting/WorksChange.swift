package import Domain

/// Something in riskd's own works that began or ceased to be wrong, noticed while records were scored.
package struct WorksChange: Hashable, Sendable {
    package let subject: AlertSubject
    /// Whether it began; false: it is over.
    package let isRaised: Bool
    /// How urgent it is.
    package let level: Level
    /// In words.
    package let detail: String
    package let time: Timestamp
    /// Tells it from every other change, whenever it is worked out.
    package let key: String
    /// The last tick that was closed by then; nil: none was.
    package let afterTick: Tick?

    package init(
        _ subject: AlertSubject,
        isRaised: Bool,
        level: Level,
        detail: String,
        time: Timestamp,
        key: String,
        afterTick: Tick?
    ) {
        self.subject = subject
        self.isRaised = isRaised
        self.level = level
        self.detail = detail
        self.time = time
        self.key = key
        self.afterTick = afterTick
    }

    /// Whether it counts before what happens in a tick.
    func isBefore(_ tick: Tick) -> Bool { afterTick.map { $0 < tick } ?? true }
}
