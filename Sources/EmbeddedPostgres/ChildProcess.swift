import Glibc
import Runtime

/// A program that was started, and the thread that started it and waits for its end.
///
/// Linux ties a parent-death signal to the *thread* that forked: the thread lives exactly as long as the child.
final class ChildProcess: Sendable {
    private enum State {
        case starting
        case running(pid_t)
        case failed(Int32)
        case ended(Int32)
    }

    private let state = Locked(State.starting)
    private let words: [String]
    private let output: String

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - words: the program, found on the path, and its arguments.
    ///   - output: the file that gets standard output and error.
    /// - Throws: `EmbeddedPostgresError.failed` when it cannot be started.
    init(_ words: [String], output: String) throws(EmbeddedPostgresError) {
        self.words = words
        self.output = output
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ChildProcess>.fromOpaque(argument).takeRetainedValue().live()
                return nil
            },
            box.toOpaque()
        )
        guard code == 0 else {
            box.release()
            throw .failed(program: words[0], output: String(cString: strerror(code)))
        }
        pthread_detach(thread)
        while true {
            switch state.withLock({ $0 }) {
            case .starting: usleep(500)
            case .failed(let code): throw .failed(program: words[0], output: String(cString: strerror(code)))
            case .running, .ended: return
            }
        }
    }

    /// The process id; nil once it has ended.
    var processID: pid_t? { if case .running(let process) = state.withLock({ $0 }) { process } else { nil } }

    /// The wait status; nil while it runs.
    var status: Int32? { if case .ended(let status) = state.withLock({ $0 }) { status } else { nil } }

    /// Sends a signal, unless the program has ended.
    func send(_ signal: Int32) {
        state.withLock { state in
            // Under the lock the thread has not yet reaped the child, so the id still means this child.
            if case .running(let process) = state { kill(process, signal) }
        }
    }

    /// Waits for the end.
    ///
    /// - Parameter seconds: how long at most.
    /// - Returns: the wait status; nil when the time is over.
    func wait(seconds: Double) -> Int32? {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            if let status { return status }
            guard ContinuousClock.now < end else { return nil }
            usleep(5_000)
        }
    }

    private func live() {
        switch spawn() {
        case .failure(let error): state.withLock { $0 = .failed(error.code) }
        case .success(let process):
            state.withLock { $0 = .running(process) }
            var information = siginfo_t()
            // Waits without reaping, so that `send` never reaches a stranger with the same number.
            while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            state.withLock { state in
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0 && errno == EINTR {}
                state = .ended(status)
            }
        }
    }

    private struct SpawnError: Error { let code: Int32 }

    private func spawn() -> Result<pid_t, SpawnError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Libraries may hold descriptors without close-on-exec, a listening socket for one; closing one that is
        // gone by then is no error.
        for descriptor in Files.names(in: "/proc/self/fd").compactMap({ Int32($0) }) where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own keeps the terminal's Ctrl-C from it: riskd stops it after its last commit.
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC"]
        var process: pid_t = 0
        // The server's account may not be allowed to see the folder that riskd was started in.
        var arguments = (["env", "--chdir=/"] + words).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        let code = posix_spawnp(&process, "env", &actions, &attributes, &arguments, &variables)
        return code == 0 ? .success(process) : .failure(SpawnError(code: code))
    }
}
