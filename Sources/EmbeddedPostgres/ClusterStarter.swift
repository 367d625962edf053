import Glibc
import Runtime

/// Brings a cluster up, step by step; blocks.
struct ClusterStarter {
    private let layout: ClusterLayout
    private let options: EmbeddedCluster.Options
    private let log: Log

    init(directory: String, options: EmbeddedCluster.Options, log: Log) {
        layout = ClusterLayout(directory)
        self.options = options
        self.log = log
    }

    /// The whole start, in the only order that works.
    func start(
        _ make: (String, ChildProcess, ClusterLock) -> EmbeddedCluster
    ) throws(EmbeddedPostgresError) -> EmbeddedCluster {
        let account = try ServerAccount.resolve(preferred: options.account)
        // Others may pass, so that the server's account reaches its data; they may not look.
        try Files.makeDirectory(layout.directory, mode: account.needsSwitch ? 0o711 : 0o700)
        let lock = try ClusterLock(layout)
        try waitForPredecessor()
        let version = Files.text(layout.data + "/PG_VERSION")?.split(separator: "\n").first.map(String.init)
        let binaries = try PostgresBinaries.find(configured: options.binaries, version: version)
        if version == nil { try create(binaries, account) }
        try checkReach(account)
        try writeAccess(account)
        let sockets = try layout.socketDirectory(account: account)
        removeStale(layout.postmaster)
        removeStale(layout.socketLock(in: sockets))
        let server = try launch(binaries, account, sockets: sockets)
        return make(EmbeddedCluster.connectionString(socketDirectory: sockets), server, lock)
    }

    /// An owner that was killed leaves a server that is still shutting down; two must never share the data.
    private func waitForPredecessor() throws(EmbeddedPostgresError) {
        let end = ContinuousClock.now + options.handoverTimeout
        var isTold = false
        while true {
            let processes = layout.processes()
            guard !processes.isEmpty else { break }
            if let postmaster = layout.postmasterLines()?.first.flatMap({ pid_t($0) }),
                processes.contains(postmaster), !isTold
            {
                log.write(.notice, "waits for an older private database to shut down")
                kill(postmaster, SIGINT)
                isTold = true
            }
            guard ContinuousClock.now < end else {
                throw .timedOut(waitingFor: "an older server in \(layout.data) to end")
            }
            usleep(20_000)
        }
    }

    /// Removes a lock file of a server that was killed where its number now belongs to another process, or what is left of one.
    ///
    /// The new server would take that for its predecessor, and give up. It looks after any other lock file itself.
    ///
    /// - Precondition: no server works in the data folder, and this process holds the lock on the cluster.
    private func removeStale(_ path: String) {
        // A server for one user writes its number with a minus.
        guard let line = Files.text(path)?.split(separator: "\n").first,
            let process = pid_t(line.trimmingPrefix("-")), process > 0, kill(process, 0) == 0
        else { return }
        log.write(
            .notice,
            "removes a lock file of a server that is gone",
            ["path": path, "process": "\(process)"]
        )
        unlink(path)
    }

    /// Creates the cluster beside its place and moves it there when complete: a crash leaves no half cluster.
    private func create(
        _ binaries: PostgresBinaries,
        _ account: ServerAccount
    ) throws(EmbeddedPostgresError) {
        log.write(.notice, "creates the private database", ["directory": layout.directory])
        let new = layout.data + ".new"
        Files.removeTree(new)
        try Files.makeDirectory(new, mode: 0o700)
        try Files.give(new, to: account)
        try checkReach(account)
        var words = ["\(binaries.directory)/initdb", "--pgdata=\(new)", "--username=riskd"]
        words += [
            "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=peer", "--no-instructions",
        ]
        if !options.isDurable { words.append("--no-sync") }
        try runToEnd("initdb", words, account)
        // The shell is the server's own account's: the single-user server reads statements from standard input.
        let single = """
            echo 'create database riskd' | '\(escaped(binaries.directory))/postgres' --single \
            -c exit_on_error=on -D '\(escaped(new))' \(options.isDurable ? "" : "-F") postgres
            """
        try runToEnd("postgres", ["/bin/sh", "-c", single], account)
        guard rename(new, layout.data) == 0 else { throw Files.failure(layout.data) }
    }

    private func escaped(_ path: String) -> String {
        path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    }

    private func runToEnd(
        _ program: String,
        _ words: [String],
        _ account: ServerAccount
    ) throws(EmbeddedPostgresError) {
        let start = Files.size(layout.log)
        let child = try ChildProcess(words, as: account, output: layout.log)
        guard let status = child.wait(seconds: 300) else {
            child.send(SIGKILL)
            throw .timedOut(waitingFor: program)
        }
        guard status == 0 else { throw .failed(program: program, output: logTail(from: start)) }
    }

    /// Tells a folder that the server's account cannot pass from other failures.
    private func checkReach(_ account: ServerAccount) throws(EmbeddedPostgresError) {
        guard account.needsSwitch else { return }
        let target = Files.exists(layout.data) ? layout.data : layout.data + ".new"
        let child = try ChildProcess(
            ["/bin/sh", "-c", "test -w \"$1\"", "sh", target],
            as: account,
            output: layout.log
        )
        guard child.wait(seconds: 30) == 0 else {
            throw .unreachable(directory: layout.directory, account: account.name)
        }
    }

    /// Who may connect: this account and the server's, over the socket, as the database's `riskd`.
    private func writeAccess(_ account: ServerAccount) throws(EmbeddedPostgresError) {
        let own = ServerAccount.name(of: geteuid())
        let names = Set([own, account.name].compactMap { $0 }).sorted()
        let map = names.map { "riskd \"\($0)\" riskd\n" }.joined()
        try Files.write("local all all peer map=riskd\n", to: layout.data + "/pg_hba.conf", account: account)
        try Files.write(map, to: layout.data + "/pg_ident.conf", account: account)
    }

    private func settings(sockets: String) -> [String] {
        var settings = [
            "listen_addresses": "", "unix_socket_directories": "\"\(sockets)\"",
            "unix_socket_permissions": "0700",
            "port": "5432", "max_connections": "40", "shared_buffers": "128MB", "synchronous_commit": "on",
            "max_wal_size": "2GB", "wal_compression": "lz4", "jit": "off", "logging_collector": "off",
            // A statement's values are other people's data: none goes to the server's log.
            "log_min_error_statement": "panic", "log_error_verbosity": "terse",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0", "log_checkpoints": "off", "log_timezone": "UTC",
            "timezone": "UTC", "max_wal_senders": "0", "wal_level": "minimal",
            // One transaction may create, and one query may read, the partitions of many days.
            "max_locks_per_transaction": "1024",
        ]
        if !options.isDurable {
            for name in ["fsync", "full_page_writes", "synchronous_commit"] { settings[name] = "off" }
        }
        settings.merge(options.settings) { _, chosen in chosen }
        return settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
    }

    private func launch(
        _ binaries: PostgresBinaries,
        _ account: ServerAccount,
        sockets: String
    ) throws(EmbeddedPostgresError) -> ChildProcess {
        var start = Files.size(layout.log)
        if start > 16 << 20, truncate(layout.log, 0) == 0 { start = 0 }
        let words = ["\(binaries.directory)/postgres", "-D", layout.data] + settings(sockets: sockets)
        let server = try ChildProcess(words, as: account, output: layout.log)
        let end = ContinuousClock.now + options.startTimeout
        while true {
            guard let process = server.processID else {
                throw .failed(program: "postgres", output: logTail(from: start))
            }
            // As pg_ctl does: the eighth line is the server's own word on whether it accepts connections.
            if let lines = layout.postmasterLines(), lines.count >= 8, lines[0] == String(process),
                lines[7].hasPrefix("ready") || lines[7].hasPrefix("standby")
            {
                return server
            }
            guard ContinuousClock.now < end else {
                server.send(SIGQUIT)
                _ = server.wait(seconds: 10)
                throw .timedOut(waitingFor: "the private database to start; see \(layout.log)")
            }
            usleep(5_000)
        }
    }

    private func logTail(from start: Int) -> String {
        let text = Files.text(layout.log, last: 2000, from: start) ?? ""
        return text.split(separator: "\n").suffix(6).joined(separator: "; ")
    }
}
