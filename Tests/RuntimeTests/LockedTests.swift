import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct LockedTests {
    @Test func `one thread at a time changes the value`() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { @concurrent in for _ in 0..<10_000 { counter.increment() } }
            }
        }
        #expect(counter.value == 80_000)
    }

    @Test func `a thrown error leaves the lock open and keeps its type`() {
        let locked = Locked(1)
        do throws(Refused) {
            try locked.withLock { value throws(Refused) in
                value = 2
                throw Refused()
            }
        } catch {
            #expect(error == Refused())
        }
        #expect(locked.withLock { $0 } == 2)
    }

    @Test func `the value goes away with the lock`() {
        weak var tracked: Tracked?
        do {
            let locked = Locked(Tracked())
            tracked = locked.withLock { $0 }
            #expect(tracked != nil)
        }
        #expect(tracked == nil)
    }
}

private final class Counter: Sendable {
    private let state = Locked(0)
    var value: Int { state.withLock { $0 } }
    func increment() { state.withLock { $0 += 1 } }
}

private struct Refused: Error, Equatable {}

private final class Tracked: Sendable {}
