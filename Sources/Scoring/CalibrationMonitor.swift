package import Domain

/// Notices that a model's calibration no longer holds: for its users' traffic, its age, or its version.
///
/// Every active user is tested for exceeding rung 1 more often than calibrated. In a tick, g is the mean over queries and
/// detectors of `1/u` where rung 1 is exceeded and 0 where not, whose expectation is at most 1; the product over ticks of
/// `1 - 1/8 + g/8` is an e-process, which a user whose traffic is as calibrated drives to 20 with a probability of at
/// most 1/20 (Ville's inequality), whatever depends on what inside a tick. Windows are days of event time: each begins
/// anew. The calibration is suspect while more than a fifth of at least ten active users are beyond, in this window or
/// the one before. Integers and event time only: a replay notices the same.
package struct CalibrationMonitor: Sendable {
    /// How long a calibration is good for.
    package static let lifetime = Duration.seconds(90 * 86_400)
    /// The length of a window.
    package static let window = Duration.seconds(86_400)
    /// Fewer active users say nothing.
    package static let leastActive = 10
    /// The evidence, in units of 2^-20 bit, at which a user counts: log2(20), rounded up.
    static let limit: Int64 = 4_531_871
    static let betShift: Int64 = 3

    /// What is known of one model.
    private struct Watch {
        /// The window that is being counted.
        var window: Int64 = .min
        /// Each active user's evidence in units of 2^-20 bit.
        var users: [UserID: Int64] = [:]
        var beyond: Set<UserID> = []
        /// Whether the window before ended with too many users beyond.
        var wasSuspect = false
        /// Which of the last records named another version of the model than the calibration does.
        var versions: VersionTrail?
        var health: CalibrationHealth?

        var isSuspect: Bool {
            users.count >= CalibrationMonitor.leastActive && beyond.count * 5 > users.count
        }

        mutating func begin(_ next: Int64) {
            guard next != window else { return }
            wasSuspect = next == window &+ 1 && isSuspect
            window = next
            users = [:]
            beyond = []
        }
    }

    private let configuration: ScoringConfiguration
    private let calibrations: [ModelID: Calibration]
    private var watches: [ModelID: Watch] = [:]
    private var changedVersions: Set<ModelID> = []

    /// A monitor that has seen nothing.
    ///
    /// - Parameters:
    ///   - configuration: says when a tick ends.
    ///   - calibrations: those in force, pooled over each model's users; a model without one is uncalibrated.
    package init(_ configuration: ScoringConfiguration, _ calibrations: [ModelID: Calibration]) {
        self.configuration = configuration
        self.calibrations = calibrations
    }

    /// The first tick whose histograms a monitor needs to be told again after a restart.
    ///
    /// - Parameter tick: the last closed one.
    /// - Returns: the first tick of the window before.
    package func firstTickNeeded(after tick: Tick) -> Tick {
        configuration.tick(
            of: Timestamp(
                milliseconds: (window(of: tick) - 1) * Self.window.wholeMilliseconds
            )
        )
    }

    /// Takes up the health that was stored last, after the histograms were told again.
    package mutating func restore(_ change: CalibrationHealthChange) {
        watches[change.model, default: Watch()].health = change.health
        if watches[change.model]?.versions == nil, let calibrated = calibrations[change.model]?.modelVersion {
            // From before the last records were remembered.
            watches[change.model]?.versions = VersionTrail(
                calibrated: calibrated,
                isOther: change.cause == .version
            )
        }
    }

    /// Takes up what the last records said of a model's version, before ``restore(_:)``; not where its
    /// calibration is of another version by now.
    package mutating func restore(_ versions: VersionTrail, of model: ModelID) {
        guard let calibrated = calibrations[model]?.modelVersion,
            calibrated.utf8.elementsEqual(versions.calibrated.utf8)
        else { return }
        watches[model, default: Watch()].versions = versions
    }

    /// Notes the version that a record names, before its tick is closed.
    package mutating func note(version: String?, of model: ModelID) {
        guard let version, let calibrated = calibrations[model]?.modelVersion else { return }
        var watch = watches.removeValue(forKey: model) ?? Watch()
        var versions = watch.versions ?? VersionTrail(calibrated: calibrated)
        versions.add(version)
        watch.versions = versions
        watches[model] = watch
        changedVersions.insert(model)
    }

    /// Hands over what the last records said of models' versions, where that changed since it was last called.
    package mutating func takeChangedVersions() -> [ModelID: VersionTrail] {
        defer { changedVersions = [] }
        return changedVersions.reduce(into: [:]) { $0[$1] = watches[$1]?.versions }
    }

    /// Takes in the histograms of closed ticks, in order.
    ///
    /// - Parameters:
    ///   - histograms: whole ticks.
    ///   - variants: the calibrations that histograms name.
    /// - Returns: what changed, by tick and model.
    package mutating func add(
        _ histograms: [TickHistogram],
        _ variants: [String: Calibration] = [:]
    ) -> [CalibrationHealthChange] {
        var changes: [CalibrationHealthChange] = []
        var start = histograms.startIndex
        while start < histograms.endIndex {
            let tick = histograms[start].tick
            let end = histograms[start...].firstIndex { $0.tick != tick } ?? histograms.endIndex
            var models: Set<ModelID> = []
            for histogram in histograms[start..<end] {
                guard let model = histogram.entity.model else { continue }
                models.insert(model)
                guard let user = histogram.entity.user else { continue }
                count(histogram, of: user, model, variants)
            }
            changes += models.sorted().compactMap { settle($0, at: tick) }
            start = end
        }
        return changes
    }

    /// Each model's health as of the last closed tick, for models that were seen, by model.
    package var healths: [(model: ModelID, health: CalibrationHealth)] {
        watches.sorted { $0.key < $1.key }.compactMap { model, watch in watch.health.map { (model, $0) } }
    }

    private mutating func count(
        _ histogram: TickHistogram,
        of user: UserID,
        _ model: ModelID,
        _ variants: [String: Calibration]
    ) {
        let calibration = histogram.calibration.flatMap { variants[$0] } ?? calibrations[model]
        guard let calibration, !histogram.counts.isEmpty else { return }
        var watch = watches.removeValue(forKey: model) ?? Watch()
        watch.begin(window(of: histogram.tick))
        var sum: Int128 = 0
        for counts in histogram.counts {
            let scored = counts.byRung.reduce(0, +)
            let above = scored - (counts.byRung.first ?? 0)
            let bound = calibration[counts.detector]?.bounds.first ?? 1
            sum += Int128(above) * Int128(Int64(4_294_967_296 / bound))
            // What was not scored bets 1.
            sum += Int128(histogram.queries - scored) << 32
        }
        let mean = Int64(sum / (Int128(histogram.queries) * Int128(histogram.counts.count)))
        let bet = Evidence.one - (Evidence.one >> Self.betShift) + (mean >> Self.betShift)
        let evidence = (watch.users[user] ?? 0) + ilog2(UInt64(bet))
        watch.users[user] = evidence
        if evidence >= Self.limit { watch.beyond.insert(user) }
        watches[model] = watch
    }

    /// The health at the end of a busy tick, where it changed.
    private mutating func settle(_ model: ModelID, at tick: Tick) -> CalibrationHealthChange? {
        var watch = watches.removeValue(forKey: model) ?? Watch()
        watch.begin(window(of: tick))
        defer { watches[model] = watch }
        let (health, cause) = judge(watch, calibrations[model], at: tick)
        guard health != watch.health else { return nil }
        watch.health = health
        return CalibrationHealthChange(
            model: model,
            tick: tick,
            health: health,
            cause: cause,
            active: watch.users.count,
            exceeding: watch.beyond.count
        )
    }

    private func judge(
        _ watch: Watch,
        _ calibration: Calibration?,
        at tick: Tick
    ) -> (CalibrationHealth, CalibrationHealthChange.Cause) {
        guard let calibration else { return (.uncalibrated, .absence) }
        if watch.versions?.isOther == true { return (.expired, .version) }
        if let newest = calibration.newest, configuration.end(of: tick) > newest + Self.lifetime {
            return (.expired, .age)
        }
        return watch.isSuspect || watch.wasSuspect ? (.suspect, .traffic) : (.valid, .none)
    }

    private func window(of tick: Tick) -> Int64 {
        configuration.start(of: tick).milliseconds.floorDivided(by: Self.window.wholeMilliseconds)
    }
}
