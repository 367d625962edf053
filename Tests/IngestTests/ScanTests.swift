import Domain
import Foundation
import Runtime
import Testing

@testable import Ingest

/// Attack A6 of docs/design/trials.md, very many files: what is done is counted, not timed, entries of folders too.
@Suite struct ScanTests {
    /// How many steps what was done with some files took.
    private struct Steps {
        var first = 0
        var restart = 0
        var idle = 0
        /// A start after all files were renamed to `.1` and others made in their place.
        var rotated = 0
        /// A start after all were compressed.
        var compressed = 0
        /// A start after all were removed.
        var removed = 0
    }

    /// The steps of a scan and of reading `count` files that hold a line each, first of a new database, then of one that knows them all.
    private func steps(_ count: Int) throws -> Steps {
        let site = try Site(["*.log"])
        for number in 0..<count { try site.append("line \(number)\n", to: "\(number).log") }
        site.maximumItems = 64
        func drained(_ reader: LiveReader, maximumItems: Int = 64) throws -> Int {
            let before = reader.steps + reader.queue.steps
            for _ in 0..<100_000 {
                let batch = try reader.poll(maximumItems: maximumItems, maximumBytes: 1 << 20, now: site.now)
                for change in batch.sources { known[change.file.id] = change.file }
                lines += batch.items.count
                lost += batch.losses.reduce(0) { $0 + $1.bytes }
                if batch.isCaughtUp { break }
                // Polls between scans.
                site.now += .microseconds(1)
            }
            return reader.steps + reader.queue.steps - before
        }
        var known: [String: SourceFile] = [:]
        var (lines, lost) = (0, Int64(0))
        var configuration = site.configuration
        configuration.scanInterval = .seconds(10)
        func restarted() throws -> Int {
            // What is open is looked at in every poll.
            try drained(
                LiveReader(configuration: configuration, known: Array(known.values)),
                maximumItems: 4096
            )
        }
        var steps = Steps()
        let reader = LiveReader(configuration: configuration, known: [])
        steps.first = try drained(reader)
        #expect(lines == count && known.count == count)
        // Quiet files cost one look each, however often is polled in between.
        site.now += .seconds(1000)
        steps.idle = try drained(reader)
        for _ in 0..<1000 { _ = try reader.poll(maximumItems: 64, maximumBytes: 1 << 20, now: site.now) }
        steps.restart = try drained(LiveReader(configuration: configuration, known: Array(known.values)))
        #expect(lines == count, "nothing is read twice")
        for number in 0..<count {
            try site.append("more \(number)\n", to: "\(number).log")
            try site.rename("\(number).log", to: "\(number).log.1")
            try site.append("new \(number)\n", to: "\(number).log")
        }
        steps.rotated = try restarted()
        #expect(lines == 3 * count && lost == 0)
        for number in 0..<count {
            try site.append("last \(number)\n", to: "\(number).log")
            try site.gzip("\(number).log")
        }
        steps.compressed = try restarted()
        #expect(lines == 4 * count && lost == 0)
        for number in 0..<count { try site.append("end \(number)\n", to: "\(number).log") }
        _ = try restarted()
        #expect(lines == 5 * count && lost == 0)
        for number in 0..<count { try site.remove("\(number).log") }
        steps.removed = try restarted()
        return steps
    }

    @Test
    func
        `looking at four times as many files, whatever became of them, takes about four times the steps (A6)`()
        throws
    {
        let (small, large) = (try steps(200), try steps(800))
        // Four times as many, and a little for the logarithm of the queue.
        #expect(large.first < small.first * 5, "\(small) \(large)")
        #expect(large.restart < small.restart * 5, "\(small) \(large)")
        #expect(large.idle <= small.idle * 4 + 800, "\(small) \(large)")
        #expect(large.rotated < small.rotated * 5, "\(small) \(large)")
        #expect(large.compressed < small.compressed * 5, "\(small) \(large)")
        #expect(large.removed < small.removed * 5, "\(small) \(large)")
    }

    @Test func `a look does not wait for a poll that takes long`() throws {
        let site = try Site(["*.log"])
        for number in 0..<200 { try site.append("line\n", to: "\(number).log") }
        let follower = Locked<FileFollower?>(nil)
        let looks = Locked<[Bool]>([])
        let made = FileFollower(configuration: site.configuration, known: []) {
            // In the middle of a poll; who waited here would wait for good.
            let looked = follower.withLock { $0 }?.look()
            looks.withLock { $0.append(looked ?? true) }
        }
        follower.withLock { $0 = made }
        #expect(try made.poll(maximumItems: 1000, maximumBytes: 1 << 20).items.count == 200)
        #expect(looks.withLock { !$0.isEmpty && $0.allSatisfy { !$0 } })
        #expect(made.look())
        follower.withLock { $0 = nil }
    }

    private static let names = [
        "app.log", "app.log.1", "app.log.1.gz", "app-2026-11-30.log", "app.log-20261130.xz", "app.log.old",
        "app.log~", "app.1.log", "app.1.2.log", "current", "@400000006592bd4e0f2c1d0c.s", "a.b.c-1.2.log.bak",
        ".hidden.1", "app.", "app..1", "-1", "app_2026.log.zst", "app.log.2026-11-30T10:00:00Z", "é-1.log",
        "é.log",
        "app", "app-1", "app-1.gz", "gz", ".gz", "app.log.gz", "app-old.log", "a-1-2.log", "a-1.log", "a.log",
    ]

    @Test func `what a name may be a generation of is found from the name alone`() {
        for name in Self.names {
            let found = originals(of: name)
            for base in Self.names + ["a.b.c.log", "app.1", "a.b.c-1.log", ".hidden", "app.2.log"] {
                #expect(found.contains(base) == isGeneration(name, of: base), "\(name) of \(base)")
            }
        }
    }

    @Test func `says during a long look that it is alive, and looks less often at very many files (A6)`()
        throws
    {
        let site = try Site(["*.log"])
        for number in 0..<3000 { try site.append("", to: "\(number).log") }
        var configuration = site.configuration
        configuration.scanInterval = .seconds(1)
        var beats = 0
        let reader = LiveReader(configuration: configuration, known: []) { beats += 1 }
        reader.look(now: site.now)
        #expect(beats >= 3000 / 64)
        // Three thousand files: every three seconds.
        try site.append("x\n", to: "new.log")
        reader.look(now: site.now + .seconds(2))
        #expect(reader.matches == 3000)
        reader.look(now: site.now + .seconds(3))
        #expect(reader.matches == 3001)
    }
}
