import Domain
import Foundation
import RiskdTesting
import Testing

@testable import Ingest

@Suite struct ReplayTests {
    @Test func `reads files in the given order and needs no last line feed`() throws {
        let site = try Site(["b.log", "a.log"]) { $0.once = true }
        try site.append("a1\na2", to: "a.log")
        try site.append("b1\n", to: "b.log")
        try site.drain()
        #expect(site.texts == ["b1", "a1", "a2"])
        #expect(site.stored.values.allSatisfy { $0.position.isFinished })
        #expect(site.follower.progress == (read: 8, total: 8))
        site.restart()
        try site.drain()
        #expect(site.lines.count == 3)
    }

    @Test(arguments: ["gzip", "xz", ""], [1, 10, 333])
    func `goes on after a restart, inside an archive too (28)`(tool: String, step: Int) throws {
        let site = try Site(["data"]) { $0.once = true }
        site.maximumItems = step
        // Several members: the tools' output may be joined.
        for part in 0..<3 {
            let name = "part\(part)"
            try site.append(numbered(part * 200..<(part + 1) * 200), to: name)
            try site.append(
                tool.isEmpty
                    ? numbered(part * 200..<(part + 1) * 200).utf8 + [] : packed(site.path(name), tool),
                to: "data"
            )
        }
        for _ in 0..<(step == 1 ? 20 : 2) {
            try site.poll()
            site.restart()
        }
        try site.drain()
        #expect(site.texts == texts(0..<600))
        #expect(site.stored.count == 1)
        let end = Int64(numbered(0..<600).utf8.count)
        #expect(site.stored.values.first?.position.offset == end)
        let (read, total) = site.follower.progress
        #expect(read == total)
    }

    @Test(arguments: ["gzip", "xz"])
    func `delivers what is before a damage, then names the file (28)`(tool: String) throws {
        let site = try Site(["data"]) { $0.once = true }
        try site.append(numbered(0..<100_000), to: "plain")
        let bytes = try packed(site.path("plain"), tool)
        try site.append(Array(bytes.dropLast(bytes.count / 3)), to: "data")
        let cut = #expect(throws: IngestError.self) { try site.drain() }
        guard case .cutArchive(site.path("data"), let offset)? = cut else {
            Issue.record("\(String(describing: cut))")
            return
        }
        #expect(offset > 0 && site.texts == texts(0..<site.texts.count))
        if tool == "gzip" { #expect(site.texts.count > 1000) }
        #expect(throws: IngestError.self) { try site.poll() }

        let other = try Site(["data"]) { $0.once = true }
        var damaged = bytes
        // Inside the last bytes of gzip stands the checksum; in xz, damage in the middle breaks the block.
        let place = tool == "gzip" ? damaged.count - 6 : damaged.count / 2
        damaged[place] ^= 0xFF
        try other.append(damaged, to: "data")
        let corrupt = #expect(throws: IngestError.self) { try other.drain() }
        guard case .corruptArchive(other.path("data"), _)? = corrupt else {
            Issue.record("\(String(describing: corrupt))")
            return
        }
        #expect(corrupt?.description.contains(other.path("data")) == true)
        // A checksum comes after what it protects: lines may have come out wrong before the damage is noticed.
        if tool == "gzip" { #expect(other.texts == texts(0..<other.texts.count)) }
    }

    @Test func `accepts the zeros that pad a gzip file, not other bytes`() throws {
        let site = try Site(["data"]) { $0.once = true }
        try site.append("x\n", to: "plain")
        try site.append(packed(site.path("plain"), "gzip") + [0, 0, 0], to: "data")
        try site.drain()
        #expect(site.texts == ["x"])
        let other = try Site(["data"]) { $0.once = true }
        try other.append(packed(site.path("plain"), "gzip") + Array("garbage".utf8), to: "data")
        #expect(throws: IngestError.corruptArchive(path: other.path("data"), offset: 2)) { try other.drain() }
        #expect(other.texts == ["x"])
    }

    @Test func `refuses paths that lead nowhere or to no file`() throws {
        let site = try Site(["none"]) { $0.once = true }
        #expect(throws: IngestError.noSuchFile(path: site.path("none"))) { try site.drain() }
        let folder = try Site([""]) { $0.once = true }
        let path = folder.configuration.paths[0]
        #expect(throws: IngestError.unreadable(path: path, cause: "not a regular file")) {
            try folder.drain()
        }
    }

    @Test func `reads a replaced file from its start`() throws {
        let site = try Site(["data"]) { $0.once = true }
        try site.append(numbered(0..<10), to: "data")
        try site.drain()
        try site.overwrite("data", with: numbered(10..<100))
        site.restart()
        try site.drain()
        #expect(site.texts == texts(0..<100))
    }

    private func packed(_ path: String, _ tool: String) throws -> [UInt8] {
        Array(try SpawnedProgram.output(of: [tool, "-c", path]))
    }
}
