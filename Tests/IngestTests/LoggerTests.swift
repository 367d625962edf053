import Domain
import Foundation
import Testing

@testable import Ingest

/// Cases 25e and 25f of docs/design/trials.md: what supervisors' loggers and transports make of lines.
@Suite struct LoggerTests {
    /// A record that is told from others by its number, of about `size` bytes.
    private func record(_ number: Int, size: Int = 0) -> String {
        let answer = #"{"class":"a","probability":0.5}"#
        let filler = String(repeating: "x", count: max(0, size - 130))
        return
            #"{"id":"r\#(number)","time":"2026-03-02T08:00:00Z","model":"m","user":"u","f":"\#(filler)","prediction":\#(answer)}"#
    }

    /// The name of the `number`th file.
    private func name(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "@400000006592bd4e" + String(repeating: "0", count: 8 - digits.count) + digits + ".s"
    }

    @Test(arguments: [["log/current"], ["log/*"]], [150, 400, 1000, 4000])
    func `puts lines together that were cut between files (25e)`(
        patterns: [String],
        fileSize: Int
    ) throws {
        for isRestarted in [true, false] { try cutBetweenFiles(patterns, fileSize, isRestarted) }
    }

    private func cutBetweenFiles(_ patterns: [String], _ fileSize: Int, _ isRestarted: Bool) throws {
        let site = try Site(patterns) { $0.maximumOpenFiles = 3 }
        try FileManager.default.createDirectory(atPath: site.path("log"), withIntermediateDirectories: false)
        site.maximumItems = 4
        let expected = (0..<60).map { record($0, size: 200 + 37 * ($0 % 7)) }
        var bytes = Array((expected.joined(separator: "\n") + "\n").utf8)[...]
        var generator = SplitMix(seed: UInt64(fileSize))
        var (files, room) = (0, fileSize)
        try site.append("", to: "log/current")
        try site.poll()
        while !bytes.isEmpty {
            let piece = bytes.prefix(min(room, Int.random(in: 1...700, using: &generator)))
            bytes = bytes.dropFirst(piece.count)
            room -= piece.count
            try site.append(Array(piece), to: "log/current")
            if room == 0 {
                if Bool.random(using: &generator) { try site.poll() }
                site.tick()
                try site.rename("log/current", to: "log/\(name(files))")
                files += 1
                room = fileSize
                if Bool.random(using: &generator) { try site.poll() }
                try site.append("", to: "log/current")
            }
            if Bool.random(using: &generator) { try site.poll() }
            if isRestarted, Int.random(in: 0..<4, using: &generator) == 0 { site.restart() }
        }
        try site.settle()
        try site.settle()
        #expect(site.texts == expected)
        #expect(site.letters.isEmpty && site.losses.isEmpty)
        #expect(site.lines.map(\.source).count == 60)
    }

    @Test func `does not glue what a killed logger left to a line that is whole (25e)`() throws {
        let site = try Site(["log/current"])
        try FileManager.default.createDirectory(atPath: site.path("log"), withIntermediateDirectories: false)
        try site.append(record(0) + "\n" + record(1).prefix(50), to: "log/current")
        try site.drain()
        try site.rename("log/current", to: "log/\(name(1))")
        try site.append(record(2) + "\n", to: "log/current")
        try site.settle()
        #expect(site.texts == [record(0), record(2)])
        #expect(site.letters.map(\.reason) == ["unterminated"])
    }

    @Test func `a whole last record before the next file is a record of its own (25e)`() throws {
        let site = try Site(["log/*"])
        try FileManager.default.createDirectory(atPath: site.path("log"), withIntermediateDirectories: false)
        try site.append(record(0), to: "log/\(name(1))")
        try site.append("\n" + record(1) + "\n", to: "log/current")
        try site.settle()
        #expect(site.texts == [record(0), record(1)] && site.letters.isEmpty)
    }

    @Test(arguments: [
        (8096, "rsyslog"), (8192, "s6-log"), (16_384, "container"), (49_152, "journald"),
        (65_536, "syslog-ng"),
    ])
    func `a line cut at an exact length names who cut it (25e, 25f)`(length: Int, name: String) {
        let decoder = RecordDecoder()
        let line = Array(record(1, size: length * 2).utf8)
        guard case .rejected(let rejection) = decoder.decode(Array(line.prefix(length))) else {
            Issue.record("half a record was taken")
            return
        }
        #expect(rejection.reason == .cutInTransit)
        #expect(rejection.detail.contains(name) && rejection.detail.contains("\(length) bytes"))
        for other in [length - 1, length + 1] {
            guard case .rejected(let rejection) = decoder.decode(Array(line.prefix(other))) else {
                Issue.record("half a record was taken")
                return
            }
            #expect(rejection.reason == .invalidJSON)
        }
        // A whole record of that length is one.
        let exact = record(1, size: length + 130 - record(1, size: 130).utf8.count)
        #expect(exact.utf8.count == length)
        guard case .record = decoder.decode(Array(exact.utf8)) else {
            Issue.record("a record was refused")
            return
        }
    }
}
