import Domain
import Foundation
import Testing

@testable import Ingest

/// Rows of docs/design/trials.md that concern renamed, cut and replaced files; row numbers in the names.
@Suite struct RotationTests {
    @Test func `reads a renamed file to its end, also what a slow writer appends (10)`() throws {
        let site = try Site()
        try site.append(numbered(0..<10))
        try site.drain()
        try site.append(numbered(10..<20))
        try site.rename(to: "old")
        try site.append(numbered(30..<40))
        try site.append(numbered(20..<30), to: "old")
        try site.drain()
        #expect(site.texts == texts(0..<40), "what came before the rotation comes first")
        try site.append("late\n", to: "old")
        site.now += .seconds(1)
        try site.drain()
        #expect(site.texts.last == "late")
        try site.settle()
        #expect(site.stored.values.map(\.position.isFinished).sorted { $0 && !$1 } == [true, false])
        #expect(site.stored.values.allSatisfy { $0.path == site.path() })
    }

    @Test func `makes half a line at the end of a rotated file a dead letter (9)`() throws {
        let site = try Site()
        try site.append("whole\nhal")
        try site.drain()
        try site.rename(to: "old")
        try site.drain()
        #expect(site.letters.isEmpty)
        try site.settle()
        let letter = try #require(site.letters.first)
        #expect(letter.reason == "unterminated" && letter.offset == 6 && letter.length == 3)
        #expect(letter.text == Array("hal".utf8))
        let source = try #require(site.stored.values.first)
        #expect(source.position.offset == 6 && source.knownSize == 9 && source.position.isFinished)
        // It is told once, and read whole should it be completed after all.
        site.restart()
        try site.settle()
        #expect(site.letters.count == 1)
        try site.append("f\n", to: "old")
        try site.settle()
        #expect(site.texts == ["whole", "half"] && site.letters.count == 1)
    }

    @Test func `follows three files renamed three times each (11)`() throws {
        let site = try Site(["a.log", "b.log", "c.log"])
        for generation in 0..<4 {
            for name in ["a", "b", "c"] {
                for older in stride(from: generation, to: 0, by: -1) {
                    try site.rename(
                        older == 1 ? "\(name).log" : "\(name).log.\(older - 1)",
                        to: "\(name).log.\(older)"
                    )
                }
                try site.append("\(name)\(generation)\n", to: "\(name).log")
            }
            try site.poll()
        }
        try site.settle()
        #expect(site.texts.sorted() == ["a", "b", "c"].flatMap { name in (0..<4).map { "\(name)\($0)" } })
    }

    @Test func `finds a file renamed out of the glob while stopped (12)`() throws {
        let site = try Site()
        site.maximumItems = 2
        try site.append(numbered(0..<3))
        try site.poll()
        try site.rename(to: "elsewhere")
        try site.append(numbered(3..<5))
        site.restart()
        try site.settle()
        #expect(site.texts == texts(0..<5))
        #expect(site.stored.count == 2)
        // Its name and inode stay known, so that it is not read a third time.
        site.restart()
        try site.settle()
        #expect(site.lines.count == 5)
    }

    @Test func `reports a file that is gone, and reads its successor (13)`() throws {
        let site = try Site()
        try site.append(numbered(0..<3))
        try site.append("keeps the inode", to: "other")
        site.maximumItems = 2
        try site.poll()
        try site.remove()
        try site.append(numbered(3..<5))
        site.restart()
        try site.drain()
        #expect(site.texts == texts(0..<2) + texts(3..<5))
        // The successor may have been given the same inode; then the file counts as replaced.
        #expect(site.count(of: .lost) + site.count(of: .truncated) == 1)
        #expect(site.stored.values.count { $0.position.isFinished } == 1)
    }

    @Test(arguments: [true, false])
    func `does not read a file again that was renamed inside the glob (14)`(isRunning: Bool) throws {
        let site = try Site(["app.log*"])
        try site.append(numbered(0..<3))
        try site.drain()
        try site.append(numbered(3..<4))
        try site.rename(to: "app.log.1")
        try site.append(numbered(4..<6))
        if !isRunning { site.restart() }
        try site.settle()
        #expect(site.texts == texts(0..<6))
        try site.rename("app.log.1", to: "app.log.2")
        try site.rename(to: "app.log.1")
        try site.append(numbered(6..<7))
        site.restart()
        try site.settle()
        #expect(site.texts == texts(0..<7))
        try site.append("even later\n", to: "app.log.2")
        try site.settle()
        #expect(site.texts.last == "even later" && site.lines.count == 8)
        #expect(site.stored.count == 3)
    }

    @Test func `passes the hole that a stale writer leaves (15)`() throws {
        let site = try Site()
        try site.append(numbered(0..<100))
        try site.drain()
        let end = numbered(0..<100).utf8.count
        #expect(truncate(site.path(), 0) == 0)
        #expect(truncate(site.path(), off_t(end)) == 0)
        try site.append(numbered(100..<110))
        try site.drain()
        #expect(site.texts == texts(0..<110))
        #expect(site.nulBytes == Int64(end))
        #expect(site.count(of: .truncated) == 1)
    }

    @Test(arguments: ["short\n", numbered(500..<600)], [true, false])
    func `reads a file from its start when its content was replaced (16, 18)`(
        content: String,
        isRunning: Bool
    ) throws {
        let site = try Site()
        try site.append(numbered(0..<30))
        try site.drain()
        try site.overwrite(with: content)
        if !isRunning { site.restart() }
        try site.drain()
        #expect(site.texts == texts(0..<30) + content.split(separator: "\n").map(String.init))
        #expect(site.count(of: .truncated) == 1 && site.stored.count == 2)
        site.restart()
        try site.append("more\n")
        try site.drain()
        #expect(site.texts.last == "more" && site.stored.count == 2)
    }

    @Test func `notices new content of the same length (16)`() throws {
        let site = try Site()
        try site.append("aaaa\n")
        try site.drain()
        site.restart()
        try site.overwrite(with: "bbbb\n")
        try site.drain()
        #expect(site.texts == ["aaaa", "bbbb"])
    }

    @Test func `sees through a frontier that matches at the end but not at the start, and the reverse`()
        throws
    {
        for isPrefixSame in [true, false] {
            let site = try Site()
            let same = String(repeating: "s", count: 5000) + "\n"
            let (head, tail) = isPrefixSame ? (same, "tail\n") : ("head\n", same)
            try site.append(head + tail)
            try site.drain()
            try site.overwrite(with: isPrefixSame ? same + "TAIL\n" : "HEAD\n" + same)
            site.restart()
            try site.drain()
            #expect(site.lines.count == 4)
        }
    }

    @Test func `takes another file with the same inode for another file (19)`() throws {
        let site = try Site()
        try site.append(numbered(0..<10))
        try site.drain()
        let old = try #require(site.stored.values.first)
        // The file system gives out the inode again: simulated by a stored source with the new file's inode.
        try site.append(numbered(10..<30), to: "next")
        try site.remove()
        try site.rename("next", to: "app.log")
        var reused = old
        reused.inode = try FileStatus(path: site.path()).locator.inode
        let follower = FileFollower(configuration: site.configuration, known: [reused])
        let batch = try follower.poll(maximumItems: 100, maximumBytes: 1 << 20)
        #expect(batch.items.count == 20)
        #expect(batch.sources.map(\.file.position.isFinished).sorted { !$0 && $1 } == [false, true])
    }

    @Test func `does not follow an unknown file for lack of a fingerprint (19)`() throws {
        let site = try Site()
        try site.append("")
        try site.drain()
        try site.rename(to: "secret")
        try site.append("secret\n", to: "secret")
        site.restart()
        try site.settle()
        #expect(site.lines.isEmpty)
        #expect(site.stored.values.allSatisfy { $0.position.isFinished })
    }

    @Test func `follows a retargeted symbolic link (29)`() throws {
        let site = try Site()
        try site.append("a\n", to: "one")
        try site.append("b\n", to: "two")
        #expect(symlink(site.path("one"), site.path()) == 0)
        try site.drain()
        #expect(unlink(site.path()) == 0)
        #expect(symlink(site.path("two"), site.path()) == 0)
        try site.append("a2\n", to: "one")
        try site.settle()
        #expect(site.texts == ["a", "a2", "b"])
    }

    @Test func `says so when a stored guard is damaged, and reads again from the start (33)`() throws {
        let site = try Site()
        try site.append(numbered(0..<10))
        try site.drain()
        var damaged = try #require(site.stored.values.first)
        damaged.position.guardDigest = "damaged"
        damaged.position.guardLength = -1
        let follower = FileFollower(configuration: site.configuration, known: [damaged])
        let batch = try follower.poll(maximumItems: 100, maximumBytes: 1 << 20)
        #expect(batch.items.count == 10)
        #expect(batch.notices.contains { $0.kind == .truncated })
    }

    @Test func `knows after a restart that a file was rotated inside the glob (9, 14)`() throws {
        let site = try Site(["app.log*"])
        try site.append("whole\nhal")
        try site.drain()
        try site.rename(to: "app.log.1")
        try site.drain()
        site.restart()
        try site.settle()
        #expect(site.texts == ["whole"])
        #expect(site.letters.map(\.reason) == ["unterminated"])
        #expect(site.stored.values.first?.path == site.path("app.log.1"))
    }

    @Test func `stores the fingerprint of a file before it uses its first line`() throws {
        let site = try Site()
        site.maximumItems = 1
        try site.append("first\n")
        try site.drain()
        try site.append("partial")
        try site.rename(to: "old")
        try site.append("next\n")
        try site.poll()
        site.restart()
        try site.rename(to: "old2")
        try site.settle()
        #expect(site.texts == ["first", "next"])
    }
}
