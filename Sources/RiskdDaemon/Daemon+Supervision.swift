import APIHandlers
import Auditing
import Configuration
import Domain
import EmbeddedPostgres
import Glibc
import Notifying
import Pipeline
import Recomputing
import Runtime
import ServiceHost
import Storage

extension Daemon {
    /// Runs `body` until it ends, a signal asks it to, or the private database is gone.
    func supervise(
        _ mode: Mode,
        _ signals: Signals,
        _ access: DatabaseAccess,
        _ store: Store,
        _ reader: Store,
        _ plans: DetectorPlans,
        _ telling: Telling?,
        _ api: APIStart,
        _ body: () async throws -> Void
    ) async throws {
        let (stop, log, reload) = (stop, log, reload)
        let lost = StopFlag()
        let replaced = StopFlag()
        // Outside the group, which ends only when nothing in it waits for the database any more.
        let ended = StopFlag()
        let breaker = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await stop.raised() }
                group.addTask { await ended.raised() }
                await group.next()
                group.cancelAll()
            }
            try await Task.sleep(for: StopFlag.grace)
            // A server that hangs answers no statement: nothing waits for it when riskd is to end.
            store.interrupt()
            reader.interrupt()
            for store in telling?.stores ?? [] { store.interrupt() }
            await api.interrupt()
        }
        defer { breaker.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [configuration] in
                var current = plans
                while let signal = await signals.next() {
                    if signal == SIGHUP {
                        guard case .live = mode else { continue }
                        // A calibration that was activated meanwhile is reason enough.
                        let isActivated = await reload.isActivated(by: reader, log)
                        if let plans = loadAgain(configuration, after: current, isActivated: isActivated) {
                            current = plans
                            reload.request(plans)
                        } else if isActivated {
                            reload.request(current)
                        }
                        continue
                    }
                    log.write(.notice, "stopping: what was read is committed first")
                    ServiceManager.stopping(status: "committing what was read")
                    stop.raise()
                    reload.stop()
                }
            }
            group.addTask { try await watchPlace(store, replaced) }
            if let cluster = access.cluster {
                group.addTask {
                    await cluster.waitUntilEnd()
                    guard !Task.isCancelled else { return }
                    lost.raise()
                    stop.raise()
                    reload.stop()
                }
            }
            group.addTask { [service] in
                // A quiet pipeline commits nothing: without this a database that is gone would go unnoticed.
                while true {
                    try await Task.sleep(for: .seconds(5))
                    // One that hangs says nothing at all.
                    let silence = Task {
                        try await Task.sleep(for: .seconds(10))
                        service.update { $0.databaseAnswers = false }
                    }
                    let isReachable = await reader.isReachable
                    silence.cancel()
                    service.update { $0.databaseAnswers = isReachable }
                }
            }
            if let telling {
                group.addTask { try await telling.notifier.run() }
                group.addTask { try await telling.retention.run() }
                group.addTask { try await telling.summariser.run() }
                group.addTask { await telling.deliveries.run(until: stop) }
            }
            group.addTask { await api.run() }
            defer {
                ended.raise()
                group.cancelAll()
            }
            do {
                try await body()
            } catch  where lost.isRaised {
                // The lost connection is the consequence; the cause is said below.
            }
        }
        if replaced.isRaised { throw StorageError.fenced }
        if lost.isRaised { throw StartupError("the private database ended unexpectedly; its log says why") }
    }

    /// Ends everything when another riskd has taken over: without records nothing else would notice.
    private func watchPlace(_ store: Store, _ replaced: StopFlag) async throws {
        while true {
            try await Task.sleep(for: .seconds(2))
            do throws(StorageError) {
                try await store.keepPlace()
            } catch .fenced {
                replaced.raise()
                stop.raise()
                reload.stop()
                return
            } catch {
                guard !error.isRetriable else { continue }
                log.write(.error, "the place as the one writer is not sure", ["reason": "\(error)"])
            }
        }
    }

    /// The models as their files are now; nil when nothing has changed or something is wrong, which the log says.
    private func loadAgain(
        _ configuration: Configuration,
        after current: DetectorPlans,
        isActivated: Bool
    ) -> DetectorPlans? {
        do throws(StartupError) {
            let plans = try DetectorPlans(configuration)
            guard !plans.isSame(as: current) || !isActivated else {
                log.write(
                    .notice,
                    "SIGHUP: other calibrations are active; they are used from the next batch on"
                )
                metrics.add("riskd_reloads_total", ["result": "changed"])
                return nil
            }
            guard !plans.isSame(as: current) else {
                log.write(.notice, "SIGHUP: no model file has changed; other settings need a restart")
                metrics.add("riskd_reloads_total", ["result": "unchanged"])
                return nil
            }
            log.write(
                .notice,
                "SIGHUP: model files have changed and pass their checks; they are used from the next batch on"
            )
            metrics.add("riskd_reloads_total", ["result": "changed"])
            return plans
        } catch {
            log.write(.error, "SIGHUP: the models in use stay", ["reason": "\(error)"])
            metrics.add("riskd_reloads_total", ["result": "refused"])
            return nil
        }
    }

    /// Shows what a round of the pipeline begins with.
    func show(_ restored: PipelineStart.Restored, _ drift: OpinionDrift) {
        metrics.set("riskd_calibrated_models", to: Double(restored.calibrations.byModel.count))
        service.update { state in
            state.databaseAnswers = true
            for flag in drift.flags {
                state.isDrifting[ServiceState.Opinion(flag.opinion, on: flag.model)] = flag.isDrifting
            }
        }
    }

    /// Opens ticks again that a wrong clock has closed ahead of time.
    func repairTime(_ store: Store) async throws {
        let now = clocks.wall()
        switch try await TimeRepair(store).run(at: now) {
        case .notNeeded: break
        case .reopened(let from, let to):
            log.write(
                .warning,
                "ticks were closed that are later than the clock: they are open again, because nothing happened in them",
                ["closed_until": "\(from)", "now_until": "\(to)", "clock": "\(now)"]
            )
        case .kept(let time):
            log.write(
                .error,
                "ticks are closed that are later than the clock: records are late, and count in the next tick, until then",
                ["closed_until": "\(time)", "clock": "\(now)"]
            )
        }
    }

    /// Tells of a wall clock that is wrong.
    func report(_ event: Pipeline.ClockEvent) {
        switch event {
        case .stepped(let step):
            metrics.add("riskd_clock_steps_total")
            log.write(
                .warning,
                step > .zero
                    ? "the wall clock has jumped ahead: ticks are closed by the time that has passed until records confirm it"
                    : "the wall clock has stepped back",
                ["seconds": "\(step.inSeconds)"]
            )
        case .overrun(let lead):
            log.write(
                .warning,
                "ticks are closed that are later than the wall clock says: records are late, and count in the next tick",
                ["seconds": "\(lead.inSeconds)", "remedy": "riskd repair-time, or a restart"]
            )
        }
    }

    /// Flags an opinion, or clears its flag.
    func report(_ change: OpinionDrift.Change) {
        service.update { state in
            state.isDrifting[ServiceState.Opinion(change.opinion, on: change.model)] = change.isDrifting
        }
        log.write(
            change.isDrifting ? .warning : .notice,
            change.isDrifting
                ? "a second opinion signals more ordinary records than its calibration allows: calibrate again"
                : "a second opinion is back within its calibration",
            [
                "model": change.model.name, "detector": change.opinion.name, "share": "\(change.share)",
                "bound": "\(change.bound)",
            ]
        )
    }
}
