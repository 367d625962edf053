import Configuration
import Console
import Domain
import Foundation
import Pipeline
import Recordings
import RiskdDaemon
import Runtime
import Storage

/// Replays a log at other paces, by the configuration and the calibrations of a state, in databases of its own.
///
/// Each pace gets a private PostgreSQL in a temporary folder, which is removed afterwards; the state is only read.
struct PaceReplay {
    /// What is replayed, and how.
    struct Request {
        let logs: [String]
        let truth: Truth
        /// Named in errors.
        let truthPath: String
        let paces: [Pace]
        /// The pace of ordinary users' bursts; nil: as recorded.
        let benign: Pace?
        let choice: AlarmRule.Choice
    }

    let request: Request
    let configuration: Configuration
    /// The calibrations in force, with where they came from.
    let calibrations: [(id: String, body: [UInt8], origin: CalibrationOrigin)]
    let terminal: Terminal
    let log: Log

    /// Takes over the calibrations that are in force.
    ///
    /// - Throws: `CommandFailure` where there is none, `StorageError`.
    init(_ request: Request, _ store: Store, _ configuration: Configuration, terminal: Terminal, log: Log)
        async throws
    {
        let active = try await store.activeCalibrations()
        let ids = Array(active.pooled.values) + active.strata.values.flatMap(\.values)
        guard !ids.isEmpty else {
            throw CommandFailure(
                "no calibration is in force: nothing would have a level; see riskd calibrate build"
            )
        }
        var calibrations: [(String, [UInt8], CalibrationOrigin)] = []
        for id in ids.sorted() {
            guard let body = try await store.artefact(id)?.body, artefactID(body) == id,
                let origin = try await store.calibrationOrigin(id)
            else { throw CommandFailure("the calibration \(id) is damaged or missing: build it again") }
            calibrations.append((id, body, origin))
        }
        self.calibrations = calibrations
        self.request = request
        self.configuration = configuration
        self.terminal = terminal
        self.log = log
    }

    /// Replays and evaluates at each pace.
    ///
    /// - Returns: the evaluations, in the order of the paces.
    func run() async throws -> [PacedEvaluation] {
        let scratch = try ScratchFolder()
        defer { scratch.remove() }
        let stop = StopFlag()
        let signals = await Signals.take([SIGINT, SIGTERM])
        let listening = Task { if await signals.next() != nil { stop.raise() } }
        defer { listening.cancel() }
        // Also where the log is replayed as it is: that the truth knows it must be found out before.
        let logs = try read(into: scratch.path + "/lines", stop)
        var evaluations: [PacedEvaluation] = []
        for (number, pace) in request.paces.enumerated() {
            try Self.check(stop)
            var files = request.logs
            if pace != .recorded || request.benign != nil {
                files = [scratch.path + "/paced.ndjson"]
                try logs.write(
                    to: files[0],
                    attempts: pace.microseconds,
                    benign: request.benign?.microseconds
                )
            }
            let evaluation = try await replay(files, at: pace, in: scratch.path + "/\(number)")
            evaluations.append(PacedEvaluation(pace: pace, evaluation: evaluation))
            scratch.remove("\(number)")
        }
        return evaluations
    }

    private static let interrupted = CommandFailure("interrupted; nothing was kept")

    private static func check(_ stop: StopFlag) throws(CommandFailure) {
        if stop.isRaised { throw interrupted }
    }

    /// Reads the logs, and says of each record which attempt or session it belongs to.
    private func read(into spool: String, _ stop: StopFlag) throws -> PacedLog {
        let bar = ProgressBar("reading", terminal)
        let (truth, path) = (request.truth, request.truthPath)
        let logs = try PacedLog(
            request.logs,
            maximumLine: configuration.ingest.maximumLine,
            zone: configuration.ingest.timeZone,
            spool: spool,
            progress: { bar.update($0, of: $1) },
            burst: { record, user in
                try Self.check(stop)
                guard let entry = truth.entries[record.name] else {
                    throw EvaluationError.unknownRecord(record.name, path: path)
                }
                if !entry.instance.isEmpty { return PacedLog.Burst(.attempt, entry.instance) }
                return entry.isPacedBenign ? PacedLog.Burst(.benign, user.name) : nil
            }
        )
        bar.finish()
        guard logs.count > 0 else {
            throw CommandFailure("\(request.logs.joined(separator: ", ")): there is no record in it")
        }
        if logs.unusable > 0 {
            terminal.note("\(logs.unusable) lines hold no record and are left out where the pace is another")
        }
        return logs
    }

    private func replay(_ files: [String], at pace: Pace, in folder: String) async throws -> Evaluation {
        var settings = configuration
        settings.database = nil
        settings.stateDirectory = folder
        try await prepare(settings)
        let label = pace == .recorded ? "replaying as recorded" : "replaying at \(pace) s"
        let bar = ProgressBar(label, terminal)
        let summary = try await Daemon(settings, log: log) { bar.update($0, of: $1) }.run(.replay(files))
        bar.finish()
        guard !summary.wasInterrupted else { throw Self.interrupted }
        return try await visiting(settings) { store in
            let evaluation = try await StoredEvaluation(store, request.choice).read(request.truth)
            guard evaluation.missing < request.truth.entries.count else {
                throw EvaluationError.nothingMatches(path: request.truthPath)
            }
            return evaluation
        }
    }

    /// Makes the database, and puts the calibrations in force.
    private func prepare(_ settings: Configuration) async throws {
        try FileManager.default.createDirectory(
            atPath: settings.stateDirectory,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: ScratchFolder.permissions]
        )
        try await visiting(settings) { store in
            try await store.migrate()
            for (id, body, origin) in calibrations {
                try await store.saveCalibration(id: id, body: body, origin: origin)
                try await store.activate(
                    CalibrationActivation(
                        model: origin.model,
                        stratum: origin.stratum,
                        calibration: id,
                        actor: "riskd evaluate",
                        isForced: true,
                        reason: "in force where the pace is evaluated for"
                    )
                )
            }
        }
    }

    private func visiting<Result>(
        _ settings: Configuration,
        _ body: (Store) async throws -> Result
    ) async throws -> Result {
        let access = try await DatabaseAccess.open(settings, for: .visit, log: log)
        do {
            let store = try await Store.connect(access.connectionString)
            let result = try await body(store)
            await store.close()
            await access.close()
            return result
        } catch {
            await access.close()
            throw error
        }
    }
}

extension Truth.Entry {
    /// Whether an ordinary user sent it in a burst: in any style but those that send a new image each time.
    fileprivate var isPacedBenign: Bool {
        isBenign && !["plain", "mixed"].contains(scenario.split(separator: ":").last.map(String.init) ?? "")
    }
}

/// A folder of one command's own, for what nobody keeps.
private struct ScratchFolder {
    /// Others may pass, because root's PostgreSQL runs under another account; they may not look.
    static let permissions = geteuid() == 0 ? 0o711 : 0o700

    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.path
        var template = Array((base + "/riskd-evaluate-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure("\(base): \(String(cString: strerror(errno))); set TMPDIR to another folder")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(path, mode_t(Self.permissions))
    }

    /// Removes it all, or one entry.
    func remove(_ name: String? = nil) {
        try? FileManager.default.removeItem(atPath: name.map { path + "/" + $0 } ?? path)
    }
}
