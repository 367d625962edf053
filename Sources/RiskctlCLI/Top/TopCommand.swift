import Console
import Domain
import Glibc
import Runtime

extension Command {
    /// `riskctl top`: how things stand, live.
    static let top = Command(
        "top",
        "How things stand, live: the service, the worst entities, the alerts; q quits",
        discussion: """
            -n 1 writes one picture as plain lines and ends, which needs no terminal. Keys: q quits, space pauses, r asks at once.
            """,
        flags: [
            Flag("count", short: "n", value: "COUNT", "End after so many pictures", values: .nothing),
            Flag(
                "delay",
                short: "d",
                value: "DURATION",
                "Between two pictures; 2s unless given, 1s at least",
                values: .nothing
            ),
            .model, .level,
        ]
    ) { invocation in
        let session = try Session(invocation)
        let most = try invocation.number("count", Int.max, in: 1...Int.max)
        var delay = Duration.seconds(2)
        if let text = invocation.value("delay") {
            guard let typed = Duration(text: text), typed >= .seconds(1) else {
                throw UsageError("--delay must be a duration of at least 1s, got '\(text)'")
            }
            delay = typed
        }
        let screen = Top(session, level: try invocation.level())
        if most == 1 { return try await screen.once() }
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw CommandFailure(
                "top needs a terminal; 'riskctl top -n 1' writes one picture, 'riskctl status -w' goes on without"
            )
        }
        return try await screen.live(most: most, delay: delay)
    }
}

/// One run of `riskctl top`.
private struct Top {
    private let session: Session
    private let level: String?
    /// More entities than this fit no screen.
    private static let mostRows = 200

    init(_ session: Session, level: String?) {
        self.session = session
        self.level = level
    }

    private func look() async throws(ClientError) -> TopFrame {
        let model = session.invocation.value("model")
        var frame = TopFrame(url: session.client.connection.place)
        frame.overview = try await session.client.get(["overview"])
        frame.entities = try await session.client.get(
            ["entities"],
            ["model": model, "level": level, "limit": String(Self.mostRows)]
        )["items"].elements
        frame.alerts = try await session.client.get(["alerts"], ["model": model, "limit": "50"])[
            "items"
        ].elements
        return frame
    }

    func once() async throws -> ExitCode {
        let terminal = session.terminal
        for line in try await look().lines(on: terminal, columns: terminal.columns ?? 120, rows: nil) {
            terminal.write(line + "\n")
        }
        return .ok
    }

    /// What the tasks of a live screen share.
    private struct State {
        var frame: TopFrame
        var answered = ContinuousClock.now
        var pictures = 1
        var isPaused = false
        var isAskedNow = false
        var isOver = false
        var signal: Int32?
    }

    func live(most: Int, delay: Duration) async throws -> ExitCode {
        // The first answer comes before the screen changes: what is wrong with the token is said where it is seen.
        let state = Shared(State(frame: try await look()))
        let signals = await Signals.take([SIGINT, SIGTERM, SIGHUP, SIGQUIT])
        guard let screen = RawTerminal.enter() else { throw CommandFailure("the terminal cannot be set up") }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard let signal = await signals.next() else { return }
                state.withLock { state in (state.signal, state.isOver) = (signal, true) }
            }
            group.addTask { await ask(state, most: most, delay: delay) }
            var shown: [String] = []
            while !state.withLock({ $0.isOver }) {
                let lines = picture(state.withLock { $0 })
                if lines != shown { screen.draw(lines) }
                shown = lines
                // Waits for a key, a tenth of a second at most.
                for key in screen.keys() { press(key, state) }
                await Task.yield()
            }
            group.cancelAll()
        }
        // As a shell says of what a signal ended.
        return state.withLock { $0.signal }.map { ExitCode(rawValue: 128 + $0) } ?? .ok
    }

    /// Asks again and again; what does not come is said in the picture.
    private func ask(_ state: Shared<State>, most: Int, delay: Duration) async {
        var next = ContinuousClock.now + delay
        while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
            let isDue = state.withLock { state in
                let isDue = state.isAskedNow || !state.isPaused && ContinuousClock.now >= next
                if isDue { state.isAskedNow = false }
                return isDue
            }
            guard isDue else { continue }
            do throws(ClientError) {
                let frame = try await look()
                state.withLock { state in
                    (state.frame, state.answered) = (frame, .now)
                    state.pictures += 1
                    // The last picture stands for a moment.
                    if state.pictures > most { state.isOver = true }
                }
            } catch {
                if Task.isCancelled { return }
                state.withLock { $0.frame.failure = error.description }
            }
            next = .now + delay
        }
    }

    private func press(_ key: UInt8, _ state: Shared<State>) {
        state.withLock { state in
            switch key {
            // Ctrl-D ends it as it ends other programs.
            case UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x04: state.isOver = true
            case UInt8(ascii: " "), UInt8(ascii: "p"): state.isPaused.toggle()
            case UInt8(ascii: "r"): state.isAskedNow = true
            default: break
            }
        }
    }

    private func picture(_ state: State) -> [String] {
        var frame = state.frame
        frame.isPaused = state.isPaused
        frame.age = (ContinuousClock.now - state.answered).inSeconds.rounded(.down)
        let size = TerminalSize.current ?? TerminalSize(columns: 80, rows: 24)
        return frame.lines(on: session.terminal, columns: size.columns, rows: size.rows)
    }
}
