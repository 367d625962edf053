package import Configuration
package import Domain
import Ingest
package import Pipeline
import Runtime
package import Scoring
package import Storage

/// Builds calibrations from recorded benign traffic, through the same detectors that score live records.
package struct CalibrationRun: Sendable {
    /// One calibration.
    package struct Built: Sendable {
        package let calibration: Calibration
        /// The records that it was built from.
        package let records: Int
        /// Their users.
        package let users: Int
    }

    /// What was built.
    package struct Result: Sendable {
        /// A calibration for every model, and for every part of its users with enough traffic, ordered by both.
        package var calibrations: [Built] = []
        /// Strata with too little traffic for a calibration of their own.
        package var strataWithoutTraffic: [String] = []
        /// Users that were left out because they were at medium or above.
        package var usersLeftOut = 0
        /// Records left out because their id came twice.
        package var duplicates = 0
        /// Lines that could not be used.
        package var deadLetters: [DeadLetter] = []
    }

    private let configuration: Configuration
    private let plans: DetectorPlans

    /// A run.
    ///
    /// - Parameters:
    ///   - configuration: checked settings.
    ///   - plans: the detectors to calibrate.
    package init(_ configuration: Configuration, plans: DetectorPlans) {
        self.configuration = configuration
        self.plans = plans
    }

    /// Reads the logs, in the order of time, and builds.
    ///
    /// - Parameters:
    ///   - logs: recorded logs of ordinary users only.
    ///   - only: the one model to build for; nil for all.
    ///   - progress: told the bytes read and, where known, the bytes in all.
    /// - Returns: what was built.
    /// - Throws: `IngestError`, or `ScoringError` when there is too little traffic.
    package func build(
        from logs: [String],
        only: ModelID? = nil,
        progress: (Int64, Int64?) -> Void
    ) async throws -> Result {
        let source = SourceFactory.recorded(logs, configuration.ingest, known: [])
        let detectors = Detectors(plans: plans, pool: WorkerPool(width: configuration.workers))
        let decoder = RecordDecoder(
            zone: configuration.ingest.timeZone,
            names: ModelNames(configuration.ingest.modelNames)
        )
        let strata = StratumRules(configuration.calibration)
        var result = Result()
        var met: Set<SeenKey> = []
        var rows = BenignRows()
        var sequence: Int64 = 0
        while true {
            let batch = try source.next(maximumItems: 256, maximumBytes: 16 << 20)
            var incoming: [IncomingRecord] = []
            for item in batch.items {
                switch item {
                case .unusable(let letter): result.deadLetters.append(letter)
                case .line(let line):
                    switch decoder.decode(line) {
                    case .rejected(let rejection): result.deadLetters.append(DeadLetter(line, rejection))
                    case .record(let record):
                        guard only.map({ $0 == record.model }) ?? true else { continue }
                        guard met.insert(SeenKey(record)).inserted else {
                            result.duplicates += 1
                            continue
                        }
                        sequence += 1
                        incoming.append(IncomingRecord(sequence: sequence, record: record))
                    }
                }
            }
            for (incoming, detection) in zip(incoming, try await detectors.observe(incoming)) {
                rows.add(
                    incoming.record,
                    stratum: strata.stratum(of: incoming.record),
                    detection.findings,
                    detection.link
                )
            }
            let position = source.progress
            progress(position.read, position.total)
            if batch.isCaughtUp && batch.items.isEmpty { break }
        }
        try build(rows, into: &result)
        return result
    }

    /// Builds from what a database holds of a period, without users that were at medium or above.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - since: the earliest event time; nil: from the first record on.
    ///   - until: the first event time that is too late; nil: to the last record.
    ///   - only: the one model to build for; nil for all.
    ///   - without: users to leave out besides.
    ///   - progress: told how many records were read.
    /// - Returns: what was built.
    /// - Throws: `StorageError`, or `ScoringError` when there is too little traffic.
    package func build(
        from store: Store,
        since: Timestamp?,
        until: Timestamp?,
        only: ModelID? = nil,
        without: Set<UserID> = [],
        progress: (Int) -> Void
    ) async throws -> Result {
        let strata = StratumRules(configuration.calibration)
        let elevated = try await store.elevatedUsers(
            since: since.map { $0 - OwnBaselineLearner.quiet },
            until: until.map { $0 + OwnBaselineLearner.quiet }
        )
        var result = Result()
        var rows = BenignRows()
        var leftOut: Set<Entity> = []
        var after: Int64 = 0
        var count = 0
        while true {
            let page = try await store.observations(after: after, since: since, until: until, limit: 5000)
            guard let last = page.last else { break }
            after = last.sequence
            for observation in page {
                let record = observation.record
                guard only.map({ $0 == record.model }) ?? true else { continue }
                let user = Entity.user(record.user, model: record.model)
                guard !elevated.contains(user), !without.contains(record.user) else {
                    leftOut.insert(user)
                    continue
                }
                rows.add(
                    record,
                    stratum: strata.stratum(of: record),
                    observation.findings,
                    observation.link
                )
                count += 1
            }
            progress(count)
        }
        result.usersLeftOut = leftOut.count
        try build(rows, into: &result)
        return result
    }

    /// A calibration of every model, pooled over its users, and of every part of them that has enough traffic.
    private func build(_ rows: BenignRows, into result: inout Result) throws(ScoringError) {
        for ((model, stratum), part) in rows.parts {
            guard stratum == nil || part.rows.count >= CalibrationBuilder.neededScores else {
                result.strataWithoutTraffic.append(stratum ?? "")
                continue
            }
            // A version is only named where all traffic was of that one.
            let version = part.versions.count == 1 ? part.versions.first ?? "" : ""
            var builder = try CalibrationBuilder(
                model: model,
                modelVersion: version.isEmpty ? nil : version,
                stratum: stratum,
                detectorConfiguration: plans.description(of: model),
                fractions: configuration.calibration.fractions,
                delta: configuration.calibration.delta
            )
            let bySession = part.users.count < Self.fewUsers
            let isEach = configuration.calibration.independent == .records
            for (number, row) in part.rows.enumerated() {
                let block = isEach ? "\(number)" : row.block(bySession: bySession)
                builder.add(
                    row.scores,
                    block: block,
                    user: row.user.name,
                    campaign: row.campaign,
                    time: row.time
                )
            }
            do throws(ScoringError) {
                result.calibrations.append(
                    Built(
                        calibration: try builder.build(),
                        records: part.rows.count,
                        users: part.users.count
                    )
                )
            } catch {
                guard let stratum else { throw error }
                result.strataWithoutTraffic.append(stratum)
            }
        }
    }

    /// With fewer users their sessions are what is independent: users alone would be too few to tell.
    private static let fewUsers = 8
}

/// Benign records by model and by part of its users; the whole model is a part too.
private struct BenignRows {
    struct Part {
        var rows: [Row] = []
        var users: Set<UserID> = []
        var versions: Set<String> = []
    }

    struct Row {
        let user: UserID
        let time: Timestamp
        let campaign: Int64?
        let scores: [(detector: DetectorID, score: Double)]

        /// What tells it from independent records: its user, or its user and ten minutes.
        func block(bySession: Bool) -> String {
            guard bySession else { return user.name }
            let session = time.milliseconds.floorDivided(by: OwnBaselineLearner.session.wholeMilliseconds)
            return "\(session) \(user.name)"
        }
    }

    private var byModel: [ModelID: [String: Part]] = [:]

    mutating func add(
        _ record: Record,
        stratum: String?,
        _ findings: Findings,
        _ link: ChainLink?
    ) {
        let scores = findings.allScores(with: link)
        for part in Set(["", stratum ?? ""]) {
            byModel[record.model, default: [:]][part, default: Part()].rows.append(
                Row(user: record.user, time: record.time, campaign: link?.step?.campaign, scores: scores)
            )
            byModel[record.model]?[part]?.users.insert(record.user)
            byModel[record.model]?[part]?.versions.insert(record.modelVersion ?? "")
        }
    }

    /// Every part, by model and stratum; the whole model first.
    var parts: [(key: (model: ModelID, stratum: String?), part: Part)] {
        byModel.sorted { $0.key < $1.key }.flatMap { model, parts in
            parts.sorted { $0.key < $1.key }.map { stratum, part in
                ((model, stratum.isEmpty ? nil : stratum), part)
            }
        }
    }
}

extension Findings {
    /// The scores of all scopes, each detector once; a campaign's only of records that joined one.
    func allScores(with link: ChainLink?) -> [(detector: DetectorID, score: Double)] {
        let user = scores(for: .user)
        let met = Set(user.map(\.detector))
        let both = user + scores(for: .model).filter { !met.contains($0.detector) }
        return both + (link?.step?.scores ?? [])
    }
}
