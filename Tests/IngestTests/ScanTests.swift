import Domain
import Foundation
import Testing

@testable import Ingest

/// Attack A6 of docs/design/trials.md, very many files: what is done is counted, not timed.
@Suite struct ScanTests {
    /// The steps of a scan and of reading `count` files that hold a line each, first of a new database, then of one that knows them all.
    private func steps(_ count: Int) throws -> (first: Int, restart: Int, idle: Int) {
        let site = try Site(["*.log"])
        for number in 0..<count { try site.append("line \(number)\n", to: "\(number).log") }
        site.maximumItems = 64
        func drained(_ reader: LiveReader) throws -> Int {
            let before = reader.steps + reader.queue.steps
            for _ in 0..<100_000 {
                let batch = try reader.poll(maximumItems: 64, maximumBytes: 1 << 20, now: site.now)
                for change in batch.sources { known[change.file.id] = change.file }
                lines += batch.items.count
                if batch.isCaughtUp { break }
                // Polls between scans.
                site.now += .microseconds(1)
            }
            return reader.steps + reader.queue.steps - before
        }
        var known: [String: SourceFile] = [:]
        var lines = 0
        var configuration = site.configuration
        configuration.scanInterval = .seconds(10)
        let reader = LiveReader(configuration: configuration, known: [])
        let first = try drained(reader)
        #expect(lines == count && known.count == count)
        // Quiet files cost one look each, however often is polled in between.
        site.now += .seconds(1000)
        let idle = try drained(reader)
        for _ in 0..<1000 { _ = try reader.poll(maximumItems: 64, maximumBytes: 1 << 20, now: site.now) }
        let again = LiveReader(configuration: configuration, known: Array(known.values))
        let restart = try drained(again)
        #expect(lines == count, "nothing is read twice")
        return (first, restart, idle)
    }

    @Test func `looking at twice as many files, and reading them, takes about twice as many steps (A6)`()
        throws
    {
        let (small, large) = (try steps(200), try steps(800))
        // Four times as many, and a little for the logarithm of the queue.
        #expect(large.first < small.first * 5, "\(small) \(large)")
        #expect(large.restart < small.restart * 5, "\(small) \(large)")
        #expect(large.idle <= small.idle * 4 + 800, "\(small) \(large)")
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
