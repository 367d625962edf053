import Alerting
package import Coverage
package import Domain
import Ingest
package import Scoring
package import Storage

/// Tells a ``CoverageWatch`` of every line once, in the order of reading, and keeps what it notices for the next commit.
///
/// A batch in which a day begins is committed in parts, its sources' positions with the last one: after a crash between
/// them lines are read again. How far they were counted is stored with each part, so that none counts twice.
package struct CoverageKeeper: Sendable {
    /// Something that riskd began or ceased to be blind for, and when.
    package struct Notice: Sendable {
        let change: CoverageChange
        /// By the wall clock, live; nil: event time counts.
        let wall: Timestamp?
        /// By the wall clock, where nothing else is known.
        var received = Timestamp(milliseconds: 0)
        /// The last tick that was closed before.
        let afterTick: Tick?
    }

    package private(set) var watch: CoverageWatch
    /// The offset of the last counted line, by source, where lines may be read again.
    private var counted: [String: Int64]
    private var changedPlaces: Set<String> = []
    private var lines: ArraySlice<ReadLine> = []
    private var decoded = DecodedLines()
    private var isFresh: [Bool] = []
    private var wall: Timestamp?
    private var last: [String: Int64] = [:]
    private var notices: [Notice] = []
    private var hasCounted = false
    /// How many lines had been counted at the start.
    private let begun: Int64

    /// A keeper.
    ///
    /// - Parameters:
    ///   - watch: as it was.
    ///   - counted: the offset of the last counted line of sources whose lines may be read again.
    package init(_ watch: CoverageWatch = CoverageWatch(), counted: [String: Int64] = [:]) {
        self.watch = watch
        self.counted = counted
        begun = watch.lines
    }

    /// Begins with the lines of a batch.
    package mutating func begin(_ decoded: DecodedLines, _ isFresh: [Bool], at wall: Timestamp?) {
        self.decoded = decoded
        self.isFresh = isFresh
        self.wall = wall
        lines = decoded.lines[...]
        last = [:]
    }

    /// Counts the lines before the next record that is scored.
    mutating func countUnscored(after engine: ScoringEngine) {
        while let line = lines.first {
            switch line.fate {
            case .dead(let place, let lead):
                let reason = decoded.deadLetters[place].reason
                count(line, .deadLetter(reason: reason, lead: lead), engine)
            case .record(let place):
                guard !isFresh[place] else { return }
                count(line, .repeated, engine)
            }
            lines.removeFirst()
        }
    }

    /// Counts the next record.
    ///
    /// - Parameters:
    ///   - observation: what became of it.
    ///   - opinions: those that are configured for its model.
    ///   - isInputExpected: whether there should be something to be compared.
    ///   - engine: after it was placed.
    package mutating func count(
        _ observation: Observation,
        opinions: [DetectorID],
        isInputExpected: Bool,
        after engine: ScoringEngine
    ) {
        guard let line = lines.popFirst() else { return }
        var scored = CoverageLine.Scored()
        scored.isLate = observation.isLate
        scored.degraded = observation.record.degraded.first { $0.costsDetectors }
        scored.isInputExpected = isInputExpected
        switch observation.findings.model?.searched {
        case nil: scored.uncompared = CoverageLine.Scored.noInput
        case 0: scored.uncompared = CoverageLine.Scored.noOtherOfShape
        default: break
        }
        scored.opinions = opinions.map { opinion in
            let name = opinion.opinion
            return .init(opinion, isFormed: observation.findings.opinions.contains { $0.name == name })
        }
        count(line, .scored(scored), engine)
    }

    private mutating func count(_ line: ReadLine, _ fate: CoverageLine.Fate, _ engine: ScoringEngine) {
        if let end = counted[line.source] {
            guard line.offset > end else { return }
            counted[line.source] = nil
            changedPlaces.insert(line.source)
        }
        last[line.source] = line.offset
        hasCounted = true
        let path = boundedName(line.path)
        let changes = watch.add(
            CoverageLine(path: path, model: line.model, user: line.user, fate: fate)
        )
        note(changes, engine.lastClosedTick)
    }

    private mutating func note(_ changes: [CoverageChange], _ tick: Tick?) {
        notices += changes.map { Notice(change: $0, wall: wall, afterTick: tick) }
    }

    /// The batch goes on in another transaction, which stores how far its sources were read.
    mutating func keepPlace() {
        for (source, offset) in last {
            counted[source] = offset
            changedPlaces.insert(source)
        }
    }

    /// Its sources' positions are stored with what was counted now.
    mutating func forgetPlace() {
        for source in last.keys where counted[source] != nil {
            counted[source] = nil
            changedPlaces.insert(source)
        }
    }

    /// Says which opinions there are: of others nothing is missing.
    mutating func expect(_ opinions: (ModelID) -> Set<DetectorID>, after tick: Tick?) {
        note(watch.expect(opinions), tick)
    }

    /// Everything that was read since the start was read to its end, as of recorded files.
    ///
    /// - Returns: whether something that was told is over thereby.
    mutating func end(after tick: Tick?) -> Bool {
        wall = nil
        let before = notices.count
        for row in watch.rows.values.sorted(by: { $0.key < $1.key }) where row.last > begun {
            if case .source(let path) = row.key { note(watch.end(path), tick) }
        }
        return notices.count > before
    }

    /// Hands over what was noticed.
    mutating func takeNotices(at received: Timestamp) -> [Notice] {
        defer { notices = [] }
        return notices.map { notice in
            var notice = notice
            notice.received = received
            return notice
        }
    }

    /// Hands over what is to be stored.
    ///
    /// - Parameter versions: what records said of models' versions, where that has changed.
    /// - Returns: the rows to write, and what has changed in the watch.
    mutating func takeChanges(
        _ versions: [ModelID: VersionTrail]
    ) -> (stored: CoverageChanges, state: CoverageState) {
        var changes = CoverageChanges()
        for (model, trail) in versions.sorted(by: { $0.key < $1.key }) {
            changes.set(kind: CoverageKind.version, name: model.name, trail.packed)
        }
        for source in changedPlaces.sorted() {
            if let offset = counted[source] {
                changes.set(kind: CoverageKind.counted, name: source, Array(String(offset).utf8))
            } else {
                changes.remove(kind: CoverageKind.counted, name: source)
            }
        }
        changedPlaces = []
        let state = watch.takeChanges()
        for row in state.rows { changes.set(kind: row.key.kind, name: row.key.name, row.packed) }
        for key in state.goneRows { changes.remove(kind: key.kind, name: key.name) }
        changes.accounts = state.accounts
        changes.goneAccounts = state.goneAccounts
        if hasCounted { changes.set(kind: CoverageKind.totals, name: "", state.totals.packed) }
        hasCounted = false
        return (changes, state)
    }
}

/// Kinds of stored rows beside those of ``CoverageKey``.
enum CoverageKind {
    static let totals = "totals"
    static let counted = "counted"
    static let version = "version"
}

extension CoverageKeeper {
    /// A keeper as it was stored.
    ///
    /// - Parameters:
    ///   - settings: bounds.
    ///   - stored: all rows and accounts.
    /// - Returns: the keeper, and what records said of models' versions.
    /// - Throws: `StorageError.corrupt`.
    package static func restored(
        _ settings: CoverageSettings,
        _ stored: StoredCoverage
    ) throws(StorageError) -> (keeper: CoverageKeeper, versions: [ModelID: VersionTrail]) {
        var counted: [String: Int64] = [:]
        var versions: [ModelID: VersionTrail] = [:]
        for row in stored.rows {
            switch row.kind {
            case CoverageKind.counted: counted[row.name] = Int64(String(decoding: row.state, as: UTF8.self))
            case CoverageKind.version: versions[ModelID(row.name)] = VersionTrail(packed: row.state)
            default: break
            }
        }
        return (CoverageKeeper(CoverageWatch(settings, try stored.state()), counted: counted), versions)
    }
}

extension StoredCoverage {
    /// What a watch stored.
    ///
    /// - Throws: `StorageError.corrupt`.
    package func state() throws(StorageError) -> CoverageState {
        var state = CoverageState()
        for row in rows {
            if row.kind == CoverageKind.totals {
                guard let totals = CoverageState.Totals(packed: row.state) else {
                    throw .corrupt("the totals of coverage")
                }
                state.totals = totals
            } else if let key = CoverageKey(kind: row.kind, name: row.name) {
                guard let row = CoverageRow(key, packed: row.state) else {
                    throw .corrupt("the coverage of \(row.kind) \(row.name)")
                }
                state.rows.append(row)
            }
        }
        state.accounts = accounts
        return state
    }
}

extension CoverageKeeper.Notice {
    /// What it is to the alerts.
    ///
    /// - Parameter end: the end of a tick.
    /// - Returns: the change.
    func change(endsAt end: (Tick) -> Timestamp) -> WorksChange {
        WorksChange(
            change.blindness.subject,
            isRaised: change.isBlind,
            level: .high,
            detail: change.text,
            time: wall ?? afterTick.map(end) ?? received,
            key: "line \(change.line)",
            afterTick: afterTick
        )
    }
}

extension CoverageChange.Blindness {
    /// What an alert is about.
    package var subject: AlertSubject {
        switch self {
        case .lines(let key) where key.isSource: .source(key.title)
        case .lines(let key): .intake(ModelID(key.title))
        case .detector(let detector, let key): .detector(detector, model: ModelID(key.title))
        }
    }
}

extension CoverageKey {
    /// The path or model; what stands for all others where there are too many, which no path and hardly a model is called.
    var title: String {
        switch self {
        case .source(let path): path
        case .model(let model): model.name
        case .otherSources, .otherModels: "(others)"
        }
    }
}

extension Calibration {
    /// Whether something that compares inputs is calibrated.
    var isSimilarityCalibrated: Bool { detectors.contains { $0.detector.scope != nil } }
}

extension DegradedField {
    /// Whether detectors have less to go by: a cut name costs them nothing, nor does what rounding is put right.
    var costsDetectors: Bool {
        let isSeen = field.hasPrefix("input") || field.hasPrefix("features") || field.hasPrefix("prediction")
        return isSeen && !["clamped", "repeated_key", "cut", "replaced_characters"].contains(reason)
    }
}
