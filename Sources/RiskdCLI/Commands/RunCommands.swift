import Configuration
import Console
import Domain
import RiskdDaemon
import Runtime
import Storage

extension Command {
    /// `riskd run`: the daemon.
    static let daemon = Command(
        "run",
        "Follow inference logs and keep the risk series, until asked to stop",
        discussion: """
            Reads the files of ingest.paths as they grow, scores every record and commits results and position in one \
            transaction. Serves /livez, /readyz and /metrics on http.listen. Without the key database it runs a \
            PostgreSQL of its own in the state directory. SIGTERM stops it after what was read is committed.
            """,
        flags: [.config, .set, .follow]
    ) { invocation in
        var configuration = try invocation.configuration()
        configuration.ingest.paths += invocation.values(Flag.follow.name)
        OpenFileLimit.raise()
        let daemon = Daemon(configuration, log: invocation.log(configuration))
        _ = try await daemon.run(.live)
        return .ok
    }

    /// `riskd replay`: recorded logs at full speed.
    static let replay = Command(
        "replay",
        "Score recorded logs at full speed, by event time only, and exit",
        discussion: """
            Takes the same path as run. Several logs are read as one, in the order of time; .gz and .xz are \
            decompressed. A log that was read before is not read again: an interrupted replay goes on where it stopped.
            """,
        arguments: [Argument("FILE", "A log; .gz and .xz are decompressed", count: 1...1000)],
        flags: [.config, .set]
    ) { invocation in
        let configuration = try invocation.configuration()
        let bar = ProgressBar("replaying", invocation.terminal)
        let daemon = Daemon(
            configuration,
            log: invocation.log(configuration, isQuestion: true),
            progress: { read, total in bar.update(read, of: total) }
        )
        invocation.terminal.note("preparing the database")
        let summary = try await daemon.run(.replay(invocation.arguments))
        bar.finish()
        let seconds = max(summary.duration.inSeconds, 1e-9)
        let rate = Int((Double(summary.records) / seconds).rounded())
        let terminal = invocation.terminal
        terminal.writeLine(
            "\(summary.records) records scored and stored in \(oneDecimal(seconds)) s (\(rate)/s)"
        )
        if summary.duplicates > 0 {
            terminal.writeLine("\(summary.duplicates) left out: the same records were stored already")
        }
        if summary.reusedIDs > 0 {
            terminal.writeLine("\(summary.reusedIDs) have the ids of other records, and were scored")
        }
        if summary.late > 0 { terminal.writeLine("\(summary.late) late: their ticks were closed already") }
        if summary.ahead > 0 {
            terminal.writeLine(
                "\(summary.ahead) far ahead of their source's others: they count where those were"
            )
        }
        for (model, count) in summary.uncompared.sorted(by: { $0.key < $1.key }) {
            terminal.writeLine("\(count) without what similarity compares, of \(model)")
        }
        for (model, count) in summary.alone.sorted(by: { $0.key < $1.key }) {
            terminal.writeLine("\(count) compared with nothing, the first of their shape, of \(model)")
        }
        for (field, count) in summary.degraded.sorted(by: { $0.key.description < $1.key.description }) {
            terminal.writeLine("\(count) with a degraded \(field.field): \(field.reason)")
        }
        for (reason, count) in summary.deadLetters.sorted(by: { $0.key < $1.key }) {
            terminal.writeLine("\(count) dead letters: \(reason)")
        }
        for (opinion, count) in summary.opinionFailures.sorted(by: { $0.key < $1.key }) {
            terminal.writeLine("\(count) times the opinion \(opinion) could not be formed")
        }
        terminal.writeLine("\(summary.levelChanges) level changes")
        guard !summary.wasInterrupted else {
            terminal.writeError("interrupted before the end; the same command goes on from here")
            return .error
        }
        return .ok
    }

    /// `riskd migrate`: the schema.
    static let migrate = Command(
        "migrate",
        "Bring the database's schema up to date",
        flags: [.config, .set]
    ) { invocation in
        try await invocation.withStore { store, _ in
            let terminal = invocation.terminal
            try await store.migrate { terminal.writeLine("applying \($0)") }
            terminal.writeLine("the schema is up to date")
        }
        return .ok
    }
}

extension Flag {
    static let follow = Flag(
        "follow",
        value: "PATH",
        "Follow PATH too, a file or a glob",
        isRepeatable: true
    )
}
