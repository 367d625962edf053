import Domain
import Foundation
import Testing

@testable import Ingest

/// Case 25 of docs/design/trials.md: names of files are bytes, and not always UTF-8.
@Suite struct FileNameTests {
    @Test func `every name has one text, and every text its name`() {
        var generator = SplitMix(seed: 7)
        let pieces: [[UInt8]] = [
            [0xE9], [0xFF, 0xFE], Array("é".utf8), Array("\\x41".utf8), Array("\\".utf8), Array("x".utf8),
            [0xE2, 0x82],
            Array("李".utf8), [0xC0, 0x80], Array("E9".utf8), Array("a b".utf8), Array("e\u{301}".utf8),
            [0xED, 0xA0, 0x80],
        ]
        var texts: Set<[UInt8]> = []
        var names: Set<[UInt8]> = []
        for _ in 0..<5000 {
            let name = (0..<Int.random(in: 0...6, using: &generator)).flatMap { _ in
                pieces.randomElement(using: &generator) ?? []
            }
            let text = SystemPath.text(name)
            #expect(SystemPath.bytes(text) == name)
            names.insert(name)
            texts.insert(Array(text.utf8))
        }
        #expect(names.count == texts.count)
        #expect(SystemPath.text(Array("app.log".utf8)) == "app.log")
        #expect(SystemPath.text([0x61, 0xE9]) == "a\\xE9")
    }

    @Test(arguments: [true, false])
    func `reads files whose names are not UTF-8, or differ in their bytes alone (25)`(isRestarted: Bool)
        throws
    {
        let site = try Site(["*.log"])
        let names: [[UInt8]] = [
            [0x61, 0xE9], [0xFF], Array("\u{E9}".utf8), Array("e\u{301}".utf8), Array("\\xE9".utf8),
        ]
        for (number, name) in names.enumerated() {
            let path = SystemPath.text(Array((site.directory.path + "/").utf8) + name + Array(".log".utf8))
            let descriptor = SystemPath.with(path) { open($0, O_WRONLY | O_CREAT, 0o600) }
            #expect(descriptor >= 0)
            let line = "line \(number)\n"
            #expect(write(descriptor, line, line.utf8.count) == line.utf8.count)
            close(descriptor)
        }
        try site.drain()
        #expect(site.texts.sorted() == texts(0..<names.count))
        #expect(Set(site.stored.values.map { Array($0.path.utf8) }).count == names.count)
        let awkward = SystemPath.text(Array((site.directory.path + "/").utf8) + [0xFF] + Array(".log".utf8))
        #expect(
            SystemPath.with(awkward) { from in
                SystemPath.with(site.path("moved")) { Glibc.rename(from, $0) }
            } == 0
        )
        try site.append("later\n", to: "moved")
        if isRestarted { site.restart() }
        try site.settle()
        #expect(site.texts.last == "later" && site.lines.count == names.count + 1)
        #expect(site.losses.isEmpty)
    }
}
