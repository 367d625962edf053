import Glibc
import Runtime
import Testing

/// Serialised: signals belong to the whole process.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SignalsTests {
    @Test func `a signal arrives instead of ending the process`() async {
        let signals = await Signals.take([SIGUSR1, SIGUSR2])
        for number in [SIGUSR1, SIGUSR2, SIGUSR1] {
            kill(getpid(), number)
            #expect(await signals.next() == number)
        }
    }

    @Test func `cancelling ends the wait`() async {
        let signals = await Signals.take([SIGUSR2])
        let waiting = Task { @concurrent in await signals.next() }
        for _ in 0..<10 { await Task.yield() }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }
}
