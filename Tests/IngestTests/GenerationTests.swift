import Domain
import Foundation
import Testing

@testable import Ingest

/// Files that were rotated away unseen: cases 21 to 25d, and attack A11, of docs/design/trials.md.
@Suite struct GenerationTests {
    /// A record that is told from others by its number.
    private func record(_ number: Int) -> String {
        let answer = #"{"class":"a","probability":0.5}"#
        return
            #"{"id":"r\#(number)","time":"2026-03-02T08:00:00Z","model":"m","user":"u","prediction":\#(answer)}"#
    }

    private func records(_ range: Range<Int>) -> String { range.map { record($0) + "\n" }.joined() }

    @Test func `reads what is written into a rotated file after its grace (21)`() throws {
        let site = try Site()
        try site.append(numbered(0..<5))
        try site.drain()
        try site.rename(to: "app.log.1")
        try site.append(numbered(5..<6))
        try site.settle()
        site.now += .seconds(100)
        try site.drain()
        try site.append("late\n", to: "app.log.1")
        try site.settle()
        #expect(site.texts == texts(0..<6) + ["late"])
        // Renamed once more, and after a restart too.
        try site.rename("app.log.1", to: "app.log.2")
        try site.append("later\n", to: "app.log.2")
        try site.settle()
        site.restart()
        try site.settle()
        try site.append("latest\n", to: "app.log.2")
        site.restart()
        try site.settle()
        #expect(site.texts == texts(0..<6) + ["late", "later", "latest"])
        #expect(site.stored.count == 2 && site.losses.isEmpty)
    }

    @Test(arguments: ["rename", "truncate", "remove"])
    func `takes a whole last record without a line feed for a record (22)`(how: String) throws {
        let site = try Site()
        try site.append(records(0..<2) + record(2))
        try site.drain()
        switch how {
        case "rename": try site.rename(to: "app.log.1")
        case "truncate": try site.overwrite(with: "")
        default: try site.remove()
        }
        try site.settle()
        #expect(site.texts == (0..<3).map(record))
        #expect(site.letters.isEmpty && site.losses.isEmpty)
    }

    @Test func `half a record at the end of a rotated file stays a dead letter (9)`() throws {
        let site = try Site()
        try site.append(records(0..<2) + record(2).dropLast())
        try site.drain()
        try site.rename(to: "app.log.1")
        try site.settle()
        #expect(site.lines.count == 2 && site.letters.map(\.reason) == ["unterminated"])
    }

    @Test func `finds what a link led to in the folder of the file (23)`() throws {
        let site = try Site(["link.log"])
        try FileManager.default.createDirectory(
            atPath: site.path("elsewhere"),
            withIntermediateDirectories: false
        )
        try site.append(numbered(0..<3), to: "elsewhere/real.log")
        #expect(symlink(site.path("elsewhere/real.log"), site.path("link.log")) == 0)
        try site.drain()
        try site.append(numbered(3..<4), to: "elsewhere/real.log")
        site.tick()
        try site.rename("elsewhere/real.log", to: "elsewhere/real.log.1")
        try site.append(numbered(4..<6), to: "elsewhere/real.log")
        site.restart()
        try site.settle()
        #expect(site.texts == texts(0..<6))
        #expect(site.losses.isEmpty)
    }

    @Test(arguments: [false, true], [1, 2, 5])
    func `finds every generation of a plain path after a stop, compressed or not (24, 25a)`(
        isCompressed: Bool,
        rotations: Int
    ) throws {
        let site = try Site()
        // What lay there before riskd came is not read.
        try site.append("before\n", to: "app.log.1")
        site.tick()
        try site.append(numbered(0..<100))
        try site.drain()
        try site.append(numbered(100..<150))
        var next = 150
        for _ in 0..<rotations {
            site.tick()
            try site.rotate()
            try site.append(numbered(next..<next + 20))
            next += 20
        }
        if isCompressed {
            for number in 1...rotations { try site.gzip("app.log.\(number)") }
        }
        site.restart()
        try site.settle()
        #expect(site.texts.sorted() == texts(0..<next).sorted())
        #expect(site.losses.isEmpty && site.letters.isEmpty)
        site.restart()
        try site.settle()
        #expect(site.lines.count == next, "nothing is read twice")
    }

    @Test(arguments: [false, true])
    func `finds generations that came and went between two looks (25c)`(isCompressed: Bool) throws {
        let site = try Site()
        try FileManager.default.createDirectory(atPath: site.path("old"), withIntermediateDirectories: false)
        try site.append(numbered(0..<10))
        try site.drain()
        var next = 10
        for round in 0..<3 {
            // One look, then several rotations into another folder.
            for turn in 0..<3 {
                try site.append(numbered(next..<next + 5))
                next += 5
                site.tick()
                let name = "old/app.log.\(round * 3 + turn)"
                try site.rename(to: name)
                if isCompressed { try site.gzip(name) }
            }
            try site.append(numbered(next..<next + 5))
            next += 5
            try site.drain()
        }
        try site.settle()
        #expect(site.texts.sorted() == texts(0..<next).sorted())
        #expect(site.losses.isEmpty)
    }

    @Test func `reads on from the copy of a file that was cut (25d)`() throws {
        let site = try Site()
        try site.append(numbered(0..<10))
        try site.drain()
        var next = 10
        for turn in 0..<4 {
            try site.append(numbered(next..<next + 7))
            next += 7
            site.tick()
            try site.copyTruncate(to: "app.log.\(turn)")
            try site.append(numbered(next..<next + 3))
            next += 3
            if turn % 2 == 1 { site.restart() }
            try site.drain()
        }
        try site.settle()
        #expect(site.texts.sorted() == texts(0..<next).sorted())
        #expect(site.losses.isEmpty && site.letters.isEmpty)
    }

    @Test func `counts what is known to be lost of a file that was cut without a copy (25d)`() throws {
        let site = try Site()
        site.maximumItems = 4
        try site.append(numbered(0..<10))
        try site.poll()
        let unread = (4..<10).map { "line \($0)\n".utf8.count }.reduce(0, +)
        #expect(site.lines.count == 4)
        site.restart()
        try site.overwrite(with: "new\n")
        try site.settle()
        #expect(site.texts == texts(0..<4) + ["new"])
        #expect(site.lostBytes == Int64(unread))
        #expect(site.losses.map(\.path) == [site.path()])
        #expect(site.stored.values.map(\.lostBytes).sorted() == [0, Int64(unread)])
        let notice = try #require(site.notices.first { $0.kind == .truncated })
        #expect(notice.bytes == Int64(unread) && !notice.detail.isEmpty)
    }

    @Test func `counts what is known to be lost of a file that is gone (13)`() throws {
        let site = try Site()
        site.maximumItems = 2
        try site.append(numbered(0..<5))
        try site.append("x", to: "keeps the inode")
        try site.poll()
        try site.rename("keeps the inode", to: "other")
        try site.append(numbered(5..<7), to: "next")
        try site.remove()
        site.restart()
        try site.settle()
        #expect(site.lostBytes == Int64(numbered(2..<5).utf8.count))
        #expect(site.count(of: .lost) == 1)
        site.restart()
        try site.settle()
        #expect(site.losses.count == 1, "told once")
    }

    @Test func `finds a file that was empty when it was last seen (A11)`() throws {
        let site = try Site()
        try site.append("")
        try site.drain()
        site.tick()
        try site.append(numbered(0..<3))
        try site.rename(to: "app.log.1")
        try site.append(numbered(3..<4))
        site.restart()
        try site.settle()
        #expect(site.texts == texts(0..<4) && site.losses.isEmpty)
    }

    @Test func `finds the rest of a file that was compressed while riskd was stopped (A11)`() throws {
        let site = try Site()
        site.maximumItems = 3
        try site.append(numbered(0..<2000))
        try site.poll()
        site.tick()
        try site.rename(to: "app.log.1")
        try site.gzip("app.log.1")
        try site.append(numbered(2000..<2010))
        site.maximumItems = 100
        site.restart()
        for _ in 0..<5 { try site.poll() }
        // In the middle of the archive too.
        site.restart()
        try site.settle()
        #expect(site.texts.count == 2010 && Set(site.texts) == Set(texts(0..<2010)))
        #expect(site.losses.isEmpty)
    }

    @Test func `counts a generation that is compressed in a way that it cannot read`() throws {
        let site = try Site()
        try site.append(numbered(0..<3))
        try site.drain()
        site.tick()
        try site.rotate()
        site.tick()
        try site.append(numbered(3..<50))
        site.tick()
        try site.rotate()
        try site.compress("app.log.1", with: "/bin/bzip2")
        try site.append(numbered(50..<51))
        site.restart()
        try site.settle()
        let size = try FileStatus(path: site.path("app.log.1.bz2")).size
        #expect(site.texts == texts(0..<3) + texts(50..<51))
        #expect(site.losses == [SourceLoss(path: site.path("app.log.1.bz2"), bytes: size)])
        site.restart()
        try site.settle()
        #expect(site.losses.count == 1, "told once")
    }

    @Test func `looks at files while nobody takes what would be read (25b)`() throws {
        let site = try Site()
        try site.append(numbered(0..<10))
        try site.drain()
        var next = 10
        for turn in 0..<3 {
            try site.append(numbered(next..<next + 10))
            next += 10
            try site.rename(to: "gone\(turn)")
            // Rotated out of sight and removed: only what is held open can still be read.
            site.follower.look(now: site.now)
            try site.append(numbered(next..<next + 10))
            next += 10
            site.follower.look(now: site.now)
            try site.remove("gone\(turn)")
        }
        #expect(site.lines.count == 10)
        try site.settle()
        #expect(site.texts.sorted() == texts(0..<next).sorted())
        #expect(site.losses.isEmpty)
    }

    @Test func `tells generations of a name from its neighbours`() {
        for name in [
            "app.log.1", "app.log.12.gz", "app.log-20261130", "app.log-2026-11-30_12.xz", "app.log.old",
            "app.log~",
            "app-2026-11-30.log", "app.1.log", "app.log.gz", "app.log.2026-11-30T10:00:00Z",
            "app.log.1700000000",
        ] { #expect(isGeneration(name, of: "app.log"), "\(name)") }
        for name in [
            "app.log", "app.log.errors", "app-errors.log", "apps.log", "app.logs", "app.log.d", "other.log.1",
            "xapp.log.1",
            "app.log.lock", "app.log1", "@400000006592bd4e0f2c1d0c.s",
        ] { #expect(!isGeneration(name, of: "app.log"), "\(name)") }
        #expect(isGeneration("@400000006592bd4e0f2c1d0c.s", of: "current"))
        #expect(isGeneration("@400000006592bd4e0f2c1d0c.u", of: "current"))
        #expect(
            !isGeneration("@400000006592bd4e0f2c1d.s", of: "current") && !isGeneration("lock", of: "current")
        )
    }
}
