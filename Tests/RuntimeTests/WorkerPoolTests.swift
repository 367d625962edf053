import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct WorkerPoolTests {
    @Test(arguments: [(1, 0), (1, 1), (2, 1), (3, 100), (8, 1000)])
    func `results come in order, whatever the width`(width: Int, count: Int) async {
        let pool = WorkerPool(width: width)
        #expect(await pool.map(count: count) { $0 * $0 } == (0..<count).map { $0 * $0 })
    }

    @Test func `every piece is worked on once, and no more at a time than the pool is wide`() async {
        let pool = WorkerPool(width: 3)
        let ledger = Ledger()
        await pool.forEach(count: 300) { piece in
            ledger.begin(piece)
            // Long enough for the pieces to overlap.
            var sum = 0
            for index in 0..<20_000 { sum &+= index &* piece }
            ledger.end(sum)
        }
        #expect(ledger.pieces.sorted() == Array(0..<300))
        #expect((1...3).contains(ledger.mostAtOnce))
    }

    /// What the watchdog is fed by: a batch of slow pieces shows that it goes on long before its end (attack A6 of
    /// docs/design/trials.md).
    @Test(arguments: [1, 3]) func `each piece that is done is told while others wait`(width: Int) async {
        let done = Shared((pieces: 0, told: 0, early: 0))
        let pool = WorkerPool(width: width) { done.withLock { $0.told += 1 } }
        await pool.forEach(count: 20) { _ in
            done.withLock { state in
                if state.told < state.pieces - width + 1 { state.early += 1 }
                state.pieces += 1
            }
        }
        #expect(done.withLock { $0.told } == 20)
        #expect(done.withLock { $0.early } == 0)
    }

    @Test func `optional results are kept`() async {
        let pool = WorkerPool(width: 2)
        #expect(await pool.map(count: 4) { $0 % 2 == 0 ? nil : $0 } == [nil, 1, nil, 3])
    }

    @Test func `a pool serves several callers`() async {
        let pool = WorkerPool(width: 2)
        async let first = pool.map(count: 200) { $0 }
        async let second = pool.map(count: 100) { -$0 }
        #expect(await first == Array(0..<200))
        #expect(await second == (0..<100).map { -$0 })
    }
}

private final class Ledger: Sendable {
    private let state = Locked((pieces: [Int](), running: 0, most: 0, sum: 0))

    var pieces: [Int] { state.withLock { $0.pieces } }
    var mostAtOnce: Int { state.withLock { $0.most } }

    func begin(_ piece: Int) {
        state.withLock {
            $0.pieces.append(piece)
            $0.running += 1
            $0.most = max($0.most, $0.running)
        }
    }

    func end(_ sum: Int) {
        state.withLock {
            $0.running -= 1
            $0.sum &+= sum
        }
    }
}
