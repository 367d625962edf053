package import Domain

/// How far the service has come in event time: the least of what its busy sources have reached.
///
/// A value without a clock. What comes out depends on the records, their order and the wall clock's times that are
/// given with them, so that batches, threads and restarts change nothing. No record moves it by itself: a source's
/// progress is the lower median of its last records' times, of which one caller has few
/// (docs/architecture.md#several-logs), so that callers whose clocks are wrong move nothing while more than half of what is said is right.
package struct EventProgress: Hashable, Sendable {
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
    /// Busy sources, by id.
    private var sources: [String: SourceProgress] = [:]
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
        for source in sources { self.sources[source.source] = source }
        nextSweep = Self.sweep(after: sequence)
    }

    /// The instant that the busy sources have reached, by their records alone; nil: nothing is known yet.
    package var reached: Timestamp? {
        guard sources.values.contains(where: { $0.reached != nil }) else { return nil }
        // One of which not enough is known yet holds the others up at the least of what was claimed.
        return sources.values.compactMap { $0.reached ?? $0.claims.map(\.time).min() }.min()
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
        let floor = ([watermark] + sources.values.map(\.front)).compactMap { $0 }.max()
        var own = sources.removeValue(forKey: source) ?? SourceProgress(source: source)
        let believed = wall.map { min(time, $0.now) } ?? time
        let known = own.take(believed, of: user.claimDigest, sequence: sequence, floor: floor)
        sources[source] = own
        touched.insert(source)
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
        let known = sources.mapValues { $0.reached ?? $0.claims.map(\.time).min() }
        var forgotten: [String] = []
        for (name, source) in sources {
            guard let last = source.claims.last?.sequence, last + Self.quiet <= sequence else { continue }
            let others = sources.filter { $0.key != name }.compactMap(\.value.reached).min()
            let isBehind = others.map { other in
                (known[name] ?? nil).map { $0 + Self.distance < other } ?? false
            }
            guard isBehind == true || last + SourceProgress.memory <= sequence else { continue }
            forgotten.append(name)
        }
        for name in forgotten { sources[name] = nil }
        touched.formUnion(forgotten)
    }

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
