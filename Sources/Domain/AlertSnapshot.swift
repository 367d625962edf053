/// An alert as it stood when something was said about it: what every message format is rendered from.
package struct AlertSnapshot: Hashable, Sendable {
    /// The bound on false alarms at a level, for the entity's criticality.
    package struct FalseAlarmBound: Hashable, Sendable {
        /// Entries into the level per million queries of ordinary traffic, at most.
        package var perMillionQueries: Double
        /// The probability that the calibration's bounds hold, such as 0.99.
        package var calibrationConfidence: Double

        package init(perMillionQueries: Double, calibrationConfidence: Double) {
            self.perMillionQueries = perMillionQueries
            self.calibrationConfidence = calibrationConfidence
        }
    }

    /// Which alert.
    package var id: AlertID
    /// What it is about.
    package var subject: AlertSubject
    /// Under which key it goes on in other systems, such as `riskd/user/u-4711/model/chest-xray-v7/high`; it stays the
    /// same through escalations.
    package var dedupKey: String
    /// How far people have come with it.
    package var state: AlertState
    /// Who looks after it.
    package var assignee: String?
    /// What it was found to be.
    package var verdict: Verdict?
    /// 0 ..< 100,000 milli-points; nil for what is not risk.
    package var score: Int64?
    /// The level now; for what is not risk, how urgent it is.
    package var level: Level
    /// The level before the last change.
    package var previousLevel: Level
    /// The highest level since it opened.
    package var peakLevel: Level
    /// Whether people hold the level at least where it is, whatever the evidence.
    package var isPinned: Bool
    /// The lane with the most evidence; nil for roll-ups.
    package var lane: Lane?
    /// C in units of 2^-20 bit.
    package var evidence: Int64
    /// The criticality of the model in permille.
    package var impactWeight: Int64
    /// The bound for `level`; nil where none is stated: roll-ups, low calibrations, what is not risk.
    package var falseAlarmBound: FalseAlarmBound?
    /// Parts that sum to the score, largest first.
    package var contributions: [Contribution]
    /// MITRE ATLAS technique ids, most fitting first, such as `AML.T0043.001`.
    package var techniques: [String]
    /// For what is not risk: what happened, in a sentence.
    package var detail: String
    /// When it opened, in event time.
    package var startsAt: Timestamp
    /// When this was so, in event time.
    package var updatedAt: Timestamp
    /// When it was over; nil while it is firing.
    package var endsAt: Timestamp?
    /// The sample that shows the score; nil for what is not risk.
    package var sampleID: Int64?
    /// The artefact id of the scoring configuration; nil for what is not risk.
    package var configurationID: String?
    /// The artefact id of the model's calibration.
    package var calibrationID: String?
    /// Whether it belongs to a fire drill.
    package var isDrill: Bool

    /// Whether the condition still holds.
    package var isFiring: Bool { endsAt == nil }

    /// A snapshot of an alert that has just opened.
    package init(
        id: AlertID,
        subject: AlertSubject,
        level: Level,
        previousLevel: Level = .info,
        startsAt: Timestamp
    ) {
        self.id = id
        self.subject = subject
        dedupKey = subject.dedupKey(level: level)
        state = .open
        self.level = level
        self.previousLevel = previousLevel
        peakLevel = level
        isPinned = false
        evidence = 0
        impactWeight = 1000
        contributions = []
        techniques = []
        detail = ""
        self.startsAt = startsAt
        updatedAt = startsAt
        isDrill = false
    }
}
