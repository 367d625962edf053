internal import CSpawn
import Glibc
import Runtime

/// A program that was started, and the thread that started it and waits for its end.
///
/// It gets SIGINT when this process dies.
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
    private let account: ServerAccount?
    private let output: String

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - words: the program's absolute path and its arguments.
    ///   - account: the account that it runs as; this process's own where that needs no switch.
    ///   - output: the file that gets standard output and error.
    /// - Throws: `EmbeddedPostgresError.failed` when it cannot be started.
    init(
        _ words: [String],
        as account: ServerAccount,
        output: String
    ) throws(EmbeddedPostgresError) {
        self.words = words
        self.account = account.needsSwitch ? account : nil
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
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC"]
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        let file = strdup(output)
        defer { for pointer in arguments + variables + [file] { free(pointer) } }
        guard let program = arguments.first ?? nil, let file else {
            return .failure(SpawnError(code: ENOMEM))
        }
        var process: pid_t = 0
        let code = (account?.groups ?? []).withUnsafeBufferPointer { groups in
            arguments.map { UnsafePointer($0) }.withUnsafeBufferPointer { arguments in
                variables.map { UnsafePointer($0) }.withUnsafeBufferPointer { variables -> Int32 in
                    guard let arguments = arguments.baseAddress, let variables = variables.baseAddress else {
                        return EINVAL
                    }
                    var request = spawn_request(
                        program: program,
                        arguments: arguments,
                        environment: variables,
                        output: file,
                        death_signal: SIGINT,
                        changes_account: account == nil ? 0 : 1,
                        user: account?.user ?? 0,
                        group: account?.group ?? 0,
                        groups: groups.baseAddress,
                        group_count: groups.count
                    )
                    return spawn_start(&request, &process)
                }
            }
        }
        return code == 0 ? .success(process) : .failure(SpawnError(code: code))
    }
}
