package import Domain

/// How far the service has come in event time: the least of what its busy sources have reached.
///
/// A value without a clock. What comes out depends on the records, their order and the wall clock's times that are
/// given with them, so that batches, threads and restarts change nothing. No record moves it by itself: a source's
/// progress is the lower median of its last records' times, of which one caller has few
/// (docs/architecture.md#several-logs), so that callers whose clocks are wrong move nothing while more than half of what
/// is said is right.
package struct EventProgress: Sendable {
    /// Where a record belongs.
    package struct Place: Hashable, Sendable {
        /// Before this nothing more is expected once the record is there; nil: nothing is known yet.
        package let watermark: Timestamp?
        /// The time that decides on the record's tick: its own unless it is ahead.
        package let time: Timestamp
        /// Whether the record is far ahead of its source's others, or of the wall clock.
        package let isAhead: Bool
        /// How far it is ahead of what it is measured by; zero unless ``isAhead``.
        package let lead: Duration
    }

    /// What the wall clock says when records are taken.
    package struct Wall: Hashable, Sendable {
        /// The time of day: no record is believed to be later.
        package let now: Timestamp
        /// What closing may go by: not later than ``now``, and never ahead of the time that has passed.
        package let steady: Timestamp

        /// A wall clock's time.
        package init(now: Timestamp, steady: Timestamp) {
            self.now = now
            self.steady = min(now, steady)
        }
    }

    /// Before this instant nothing more is expected; nil: nothing is known yet.
    package private(set) var watermark: Timestamp?
    /// The instant that the busy sources have reached, by their records alone; nil: nothing is known yet.
    package var reached: Timestamp? {
        guard let least = known.least else { return nil }
        // One of which not enough is known yet holds the others up at the least of what was claimed.
        return Timestamp(milliseconds: min(least.value, unsettled.least?.value ?? .max))
    }

    /// Busy sources, by id.
    private var sources: [String: SourceProgress] = [:]
    // What is asked of all of them together at every record. There may be thousands, so nothing walks through them.
    /// What each has reached, where that is known.
    private var known = LeastFirst()
    /// The least claim of each of the others.
    private var unsettled = LeastFirst()
    /// The complement of each one's newest time that was not far ahead: the latest is the least.
    private var fronts = LeastFirst()
    /// Each one's last record.
    private var lastRecords = LeastFirst()
    /// Sources that have been touched or forgotten since they were last asked for.
    private var touched: Set<String> = []
    private let lateness: Duration
    private var nextSweep: Int64

    /// Progress.
    ///
    /// - Parameters:
    ///   - lateness: how long after its end a tick stays open.
    ///   - watermark: what was reached before.
    ///   - sources: busy sources as they were stored.
    ///   - sequence: the last record's place.
    package init(
        lateness: Duration,
        watermark: Timestamp? = nil,
        sources: [SourceProgress] = [],
        sequence: Int64 = 0
    ) {
        self.lateness = lateness
        self.watermark = watermark
        nextSweep = Self.sweep(after: sequence)
        for source in sources {
            self.sources[source.source] = source
            rank(source.source)
        }
    }

    /// Takes in a record.
    ///
    /// - Parameters:
    ///   - time: the record's.
    ///   - user: who asked.
    ///   - source: what it was read from.
    ///   - sequence: its place in the scored order.
    ///   - wall: live: the wall clock's time; nil: event time alone counts.
    /// - Returns: where it belongs.
    package mutating func place(
        _ time: Timestamp,
        of user: UserID,
        from source: String,
        sequence: Int64,
        wall: Wall? = nil
    ) -> Place {
        if sequence >= nextSweep { forgetIdle(before: sequence) }
        let front = fronts.least.map { Timestamp(milliseconds: ~$0.value) }
        let believed = wall.map { min(time, $0.now) } ?? time
        let known = sources[source, default: SourceProgress(source: source)].take(
            believed,
            of: user.claimDigest,
            sequence: sequence,
            floor: [watermark, front].compactMap { $0 }.max()
        )
        touched.insert(source)
        rank(source)
        if let reached {
            let target = wall.map { min(reached, $0.steady) } ?? reached
            advance(to: target - lateness)
        }
        var isAhead = known != nil
        var counted = known ?? believed
        var lead = time.milliseconds - counted.milliseconds
        if let wall, time > wall.now + lateness {
            isAhead = true
            counted = min(counted, wall.now)
            lead = max(time.milliseconds - wall.now.milliseconds, known == nil ? 0 : lead)
        }
        return Place(
            watermark: watermark,
            time: counted,
            isAhead: isAhead,
            lead: isAhead ? .milliseconds(lead) : .zero
        )
    }

    /// Notes what the wall clock, or the end of all sources, has made of the watermark.
    package mutating func advance(to watermark: Timestamp) {
        self.watermark = self.watermark.map { max($0, watermark) } ?? watermark
    }

    /// What has to be stored since this was last called: sources that moved, by id, and those that are forgotten.
    package mutating func takeChanges() -> (changed: [SourceProgress], forgotten: [String]) {
        defer { touched = [] }
        let changed = touched.compactMap { sources[$0] }.sorted { $0.source < $1.source }
        return (changed, touched.filter { sources[$0] == nil }.sorted())
    }

    /// A source that others have left behind is idle: it holds nobody up, and begins anew.
    ///
    /// Files are read side by side in the order of time, so one that has nothing while others go on has nothing of that
    /// time: it has ended, or is quiet.
    private mutating func forgetIdle(before sequence: Int64) {
        nextSweep = Self.sweep(after: sequence)
        guard sources.count > 1 else { return }
        var forgotten: Set<String> = []
        if let least = known.least {
            // No other source that is known can be behind one that is.
            known.set(nil, of: least.source)
            if let other = known.least, isBehind(least.value, other.value),
                isQuiet(least.source, at: sequence)
            {
                forgotten.insert(least.source)
            }
            known.set(least.value, of: least.source)
            var passed: [(source: String, value: Int64)] = []
            while let next = unsettled.least, isBehind(next.value, least.value) {
                if isQuiet(next.source, at: sequence) { forgotten.insert(next.source) }
                passed.append(next)
                unsettled.set(nil, of: next.source)
            }
            for next in passed { unsettled.set(next.value, of: next.source) }
        }
        while let last = lastRecords.least, last.value + SourceProgress.memory <= sequence {
            forgotten.insert(last.source)
            lastRecords.set(nil, of: last.source)
        }
        for source in forgotten {
            sources[source] = nil
            rank(source)
        }
        touched.formUnion(forgotten)
    }

    /// Whether others have left behind who is at one instant when they are at another.
    private func isBehind(_ instant: Int64, _ others: Int64) -> Bool {
        instant + Self.distance.wholeMilliseconds < others
    }

    /// Whether others have sent enough since a source's last record.
    private func isQuiet(_ source: String, at sequence: Int64) -> Bool {
        sources[source]?.claims.last.map { $0.sequence + Self.quiet <= sequence } ?? false
    }

    /// Puts a source where it belongs among the others.
    private mutating func rank(_ source: String) {
        let progress = sources[source]
        known.set(progress?.reached?.milliseconds, of: source)
        unsettled.set(
            progress?.reached == nil ? progress?.claims.map(\.time.milliseconds).min() : nil,
            of: source
        )
        fronts.set(progress?.front.map { ~$0.milliseconds }, of: source)
        lastRecords.set(progress?.claims.last?.sequence, of: source)
    }

    /// How many comparisons of sources were made.
    var steps: Int { known.steps + unsettled.steps + fronts.steps + lastRecords.steps }

    /// Looked for at fixed places of the scored order, wherever a run began.
    private static func sweep(after sequence: Int64) -> Int64 {
        (sequence / sweepInterval + 1) * sweepInterval
    }

    private static let sweepInterval: Int64 = 16
    /// How many records others have to send meanwhile.
    private static let quiet: Int64 = 64
    /// By how much they have to be ahead then.
    private static let distance = Duration.seconds(60)
}
