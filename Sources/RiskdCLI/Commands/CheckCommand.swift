import APIHandlers
import Configuration
import Console
import Domain
import Pipeline
import RiskdDaemon
import Runtime
import Scoring
import Storage

extension Command {
    /// `riskd check`: whether it would run.
    static let check = Command(
        "check",
        "Check the configuration, the models, the endpoints and the database, each with a verdict",
        discussion: "Exits with 1 when riskd run could not start. Nothing is written to the database.",
        flags: [
            .config, .set, .follow,
            Flag("online", "Send every endpoint of alerts a signed test message as well"),
        ]
    ) { invocation in
        var checklist = Checklist(invocation.terminal)
        let configuration: Configuration
        do throws(ConfigurationError) {
            configuration = try invocation.configuration()
            checklist.passed("configuration", invocation.value("config") ?? "defaults")
        } catch {
            for problem in error.problems { checklist.failed("configuration", problem.description) }
            return .error
        }
        let paths = configuration.ingest.paths + invocation.values(Flag.follow.name)
        if paths.isEmpty {
            checklist.failed("sources", "ingest.paths is empty: riskd run has nothing to follow")
        } else {
            let unfit = SourceFactory.unfit(paths)
            for reason in unfit { checklist.failed("sources", reason) }
            if unfit.isEmpty { checklist.passed("sources", paths.joined(separator: ", ")) }
        }
        var plans: DetectorPlans?
        do throws(StartupError) {
            let loaded = try DetectorPlans(configuration)
            plans = loaded
            for warning in loaded.warnings { checklist.warned("similarity", warning) }
            for doubt in loaded.doubts { checklist.warned("models", doubt) }
            let count = configuration.models.values.reduce(0) { $0 + $1.opinions.count }
            checklist.passed(
                "models",
                count == 0 ? "no second opinions are configured" : "\(count) opinions loaded"
            )
        } catch {
            checklist.failed("models", error.description)
        }
        do throws(StartupError) {
            _ = try ScoringConfiguration(configuration)
            checklist.passed("scoring", "ticks of \(configuration.scoring.tick.text)")
        } catch {
            checklist.failed("scoring", error.description)
        }
        if let group = configuration.api.socketGroup, SystemAccounts.number(ofGroup: group) == nil {
            checklist.failed("api", "api.socket_group: there is no group \(group)")
        }
        await checkEndpoints(configuration, isOnline: invocation.has("online"), &checklist)
        do {
            if try DatabaseAccess.isMissing(configuration) {
                let place = configuration.stateDirectory
                checklist.passed("database", "embedded: riskd run creates it in \(place)")
            } else {
                try await invocation.withStore { store, configuration in
                    try await checkDatabase(store, configuration, plans, &checklist)
                }
            }
        } catch {
            checklist.failed("database", "\(error)")
        }
        return checklist.hasFailures ? .error : .ok
    }

    private static func checkDatabase(
        _ store: Store,
        _ configuration: Configuration,
        _ plans: DetectorPlans?,
        _ checklist: inout Checklist
    ) async throws {
        let place =
            configuration.database == nil ? "embedded, in \(configuration.stateDirectory)" : "a server"
        let faults = try await store.faults()
        for fault in faults { checklist.failed("database", "\(place): \(fault)") }
        guard faults.isEmpty else { return }
        let locks = try await store.lockRoom()
        if locks.wholeTable * 3 > locks.room {
            checklist.warned(
                "database",
                """
                all transactions together may hold \(locks.room) locks, and a question about all days takes \
                \(locks.wholeTable): raise max_locks_per_transaction
                """
            )
        }
        let version = try await store.schemaVersion()
        guard version >= Store.newestSchema else {
            let found = version == 0 ? "no schema yet" : "schema \(version) of \(Store.newestSchema)"
            checklist.passed("database", "\(place): \(found); riskd run or migrate brings it up to date")
            return
        }
        let state = try await store.loadState()
        let tick = configuration.scoring.tick.wholeMilliseconds
        if let stored = state.tickMilliseconds, stored != tick {
            let error = StorageError.tickLength(stored: stored, configured: tick)
            checklist.failed("database", error.description)
        } else {
            checklist.passed("database", "\(place): \(state.sequence) records")
        }
        let coverage = try await CoverageReport(store, configuration.coverage)
        for reason in coverage.reasons { checklist.warned("coverage", "not trustworthy: \(reason)") }
        for account in coverage.accounts { checklist.warned("coverage", account.text) }
        if coverage.reasons.isEmpty, coverage.accounts.isEmpty {
            checklist.passed("coverage", "nothing that was logged is unseen beyond coverage.*")
        }
        let active = try await store.activeCalibrations().pooled
        if active.isEmpty {
            checklist.warned(
                "calibration",
                "none: levels will be uncalibrated; see riskd calibrate build --help"
            )
        }
        for (model, id) in active.sorted(by: { $0.key < $1.key }) {
            let body = try await store.artefact(id)?.body ?? []
            guard artefactID(body) == id, let calibration = try? Calibration(artefact: body) else {
                checklist.failed("calibration", "\(model): the artefact \(id) is damaged")
                continue
            }
            if let unfit = try plans?.uncalibrated(by: calibration), !unfit.isEmpty {
                let names = unfit.map(\.name).joined(separator: ", ")
                checklist.warned(
                    "calibration",
                    "\(model): built with other settings of \(names), which do not count; build it again"
                )
            } else {
                checklist.passed("calibration", "\(model): \(id)")
            }
        }
    }
}
