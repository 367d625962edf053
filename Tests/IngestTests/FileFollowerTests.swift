import Domain
import Foundation
import Testing

@testable import Ingest

/// Rows of docs/design/trials.md that concern one file's growth and lines; row numbers in the names.
@Suite struct FileFollowerTests {
    @Test func `reads what is there and what comes (1, 2)`() throws {
        let site = try Site()
        try site.append(numbered(0..<1000))
        try site.drain()
        #expect(site.texts == texts(0..<1000))
        try site.append(numbered(1000..<2000))
        try site.drain()
        #expect(site.texts == texts(0..<2000))
        let position = try #require(site.stored.values.first?.position)
        #expect(position.offset == Int64(numbered(0..<2000).utf8.count) && position.lines == 2000)
        #expect(site.follower.progress == (read: position.offset, total: position.offset))
    }

    @Test func `goes on after a restart without reading again (3)`() throws {
        let site = try Site()
        try site.append(numbered(0..<500))
        try site.drain()
        try site.append(numbered(500..<1000))
        site.restart()
        try site.drain()
        #expect(site.texts == texts(0..<1000))
        #expect(site.bytesRead == Int64(numbered(0..<1000).utf8.count))
    }

    @Test func `gives as many items as asked for and stores where it stands`() throws {
        let site = try Site()
        site.maximumItems = 7
        try site.append(numbered(0..<100))
        let items = try site.poll().items
        #expect(items.count == 7)
        #expect(site.stored.values.first?.position.lines == 7)
        site.restart()
        try site.drain()
        #expect(site.texts == texts(0..<100))
    }

    @Test func `waits for the end of a line (7, 8, 21)`() throws {
        let site = try Site()
        for piece in ["{\"a\"", ":1", "}"] {
            try site.append(piece)
            try site.drain()
            #expect(site.lines.isEmpty)
        }
        site.restart()
        try site.drain()
        try site.append("\nx")
        try site.drain()
        #expect(site.texts == ["{\"a\":1}"])
        try site.append("\n")
        try site.drain()
        #expect(site.texts == ["{\"a\":1}", "x"])
    }

    @Test func `takes lines up to the limit and none beyond (22)`() throws {
        let site = try Site { $0.maximumLineBytes = 10_000 }
        let lengths = [9999, 10_000, 10_001, 10_002, 20_000, 5]
        for length in lengths { try site.append(String(repeating: "x", count: length) + "\n") }
        for length in lengths { try site.append(String(repeating: "y", count: length) + "\r\n") }
        try site.drain()
        #expect(site.lines.map(\.bytes.count) == [9999, 10_000, 5, 9999, 10_000, 5])
        #expect(site.letters.map(\.length) == [10_001, 10_002, 20_000, 10_001, 10_002, 20_000])
        #expect(site.letters.allSatisfy { $0.reason == "too_long" && $0.text.count == 4096 })
    }

    @Test func `passes over white space, byte order marks, carriage returns and holes (24)`() throws {
        let site = try Site()
        try site.append(
            [0xEF, 0xBB, 0xBF] + Array("a\r\n\n \t\r\n".utf8) + [UInt8](repeating: 0, count: 9000)
        )
        try site.append("b\0c\r\r\nd\re\n")
        try site.drain()
        #expect(site.texts == ["a", "b\0c\r", "d\re"])
        #expect(site.lines.map(\.offset) == [3, 9011, 9017])
        #expect(site.blankLines == 2 && site.nulBytes == 9000)
        #expect(site.stored.values.first?.position.lines == 5)
    }

    @Test func `reads a file that was empty, and survives one that vanishes (21)`() throws {
        let site = try Site(["*.log"])
        try site.append("", to: "a.log")
        try site.append("1", to: "b.log")
        try site.drain()
        #expect(site.stored.count == 2)
        try site.remove("b.log")
        try site.append("now\n", to: "a.log")
        try site.settle()
        #expect(site.texts == ["now"])
        #expect(site.letters.map(\.reason) == ["unterminated"])
    }

    @Test func `skips what is not a file, without hanging (27, 30)`() throws {
        let site = try Site(["*"])
        try FileManager.default.createDirectory(
            atPath: site.path("folder"),
            withIntermediateDirectories: false
        )
        #expect(mkfifo(site.path("pipe"), 0o600) == 0)
        #expect(symlink(site.path("nowhere"), site.path("link")) == 0)
        try site.append("x\n", to: "old.log.gz")
        try site.append("x\n", to: "good.log")
        try site.drain()
        try site.drain()
        #expect(site.texts == ["x"])
        #expect(site.count(of: .notRegular) == 2 && site.count(of: .archive) == 1)
        #expect(site.count(of: .unreadable) == 1)
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser reads everything"))
    func `reads a file once it may (30)`() throws {
        let site = try Site()
        try site.append("x\n")
        #expect(chmod(site.path(), 0) == 0)
        try site.drain()
        #expect(site.texts.isEmpty && site.count(of: .unreadable) == 1)
        #expect(chmod(site.path(), 0o600) == 0)
        try site.drain()
        #expect(site.texts == ["x"])
    }

    @Test func `reads each file once, however many names lead to it (29)`() throws {
        let site = try Site(["*.log", "app.*", "app.log"])
        try site.append("x\n")
        #expect(symlink(site.path(), site.path("symbolic.log")) == 0)
        #expect(link(site.path(), site.path("hard.log")) == 0)
        try site.drain()
        #expect(site.texts == ["x"])
        #expect(site.count(of: .rotated) == 0)
    }

    @Test func `keeps files with the same beginning apart (20)`() throws {
        let site = try Site(["*.log"])
        let head = String(repeating: "h", count: 5000) + "\n"
        try site.append(head + "a\n", to: "a.log")
        try site.append(head + "b\n", to: "b.log")
        try site.drain()
        site.restart()
        try site.append("a2\n", to: "a.log")
        try site.drain()
        #expect(site.texts.filter { $0.count < 10 }.sorted() == ["a", "a2", "b"])
        #expect(site.lines.count == 5)
    }

    @Test func `reads more files than it may have open (31)`() throws {
        let site = try Site(["*.log"]) { $0.maximumOpenFiles = 8 }
        for round in 0..<3 {
            for file in 0..<60 { try site.append("\(round).\(file)\n", to: "\(file).log") }
            try site.drain()
            #expect(site.lines.count == (round + 1) * 60)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
                return target?.hasPrefix(site.directory.path) ?? false
            }
            #expect(open.count <= 8)
        }
        // Renamed out of sight while closed: found by its inode.
        try site.append("last\n", to: "0.log")
        try site.rename("0.log", to: "gone")
        try site.settle()
        #expect(site.texts.last == "last" && site.lines.count == 181)
        #expect(Set(site.texts).count == 181)
    }

    @Test func `does not let a busy file hold up a quiet one (32)`() throws {
        let site = try Site(["*.log"])
        try site.append(numbered(0..<20_000), to: "hot.log")
        for file in 0..<5 { try site.append("quiet\n", to: "quiet\(file).log") }
        try site.poll()
        #expect(site.texts.count { $0 == "quiet" } == 5)
    }

    @Test func `keeps memory bounded on an endless line, and starts over at its start (23)`() throws {
        let site = try Site { $0.maximumLineBytes = 1 << 20 }
        try site.append("before\n")
        try site.drain()
        // 200 MiB, sparse but for marks so that it is not a hole at a line's start.
        let descriptor = open(site.path(), O_WRONLY)
        #expect(pwrite(descriptor, "{", 1, 7) == 1)
        #expect(ftruncate(descriptor, 200 << 20) == 0)
        close(descriptor)
        let before = try residentBytes()
        while try !site.poll().isCaughtUp {}
        #expect(site.stored.values.first?.position.offset == 7)
        site.restart()
        try site.drain()
        try site.append("}\nafter\n")
        try site.drain()
        let growth = try residentBytes() - before
        #expect(growth < 48 << 20)
        #expect(site.texts == ["before", "after"])
        #expect(site.letters.map(\.length) == [Int64(200 << 20) - 7 + 1])
        #expect(site.letters.first?.offset == 7)
        #expect(site.letters.first?.text.count == 4096)
    }

    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
