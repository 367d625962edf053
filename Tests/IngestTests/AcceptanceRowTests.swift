import Domain
import Foundation
import Testing

@testable import Ingest

/// Rows of docs/design/trials.md that have no suite of their own: what is given and done is the name, what must hold
/// is said below.
enum AcceptanceRow: String, CaseIterable, CustomTestStringConvertible {
    case copyBesideLive = "17: a copy in the glob beside the live file, then cut"
    case cutWhileBlocked = "18: cut while nothing is taken"
    case archiveOfRead = "27: the .gz of a file that was read appears in the glob"
    case manyFiles = "31: 600 files, 256 descriptors"
    case rowDeleted = "33a: the row of a source is gone"
    case offsetBeyond = "33b: the position is beyond the file's size"
    case guardDamaged = "33c: the guard is damaged"
    case staleWriter = "10, 15: a writer goes on in a rotated file after its grace"

    var testDescription: String { rawValue }
}

@Suite struct AcceptanceRowTests {
    @Test(arguments: AcceptanceRow.allCases)
    func `the row holds`(row: AcceptanceRow) throws {
        switch row {
        case .copyBesideLive: try copyBesideLive()
        case .cutWhileBlocked: try cutWhileBlocked()
        case .archiveOfRead: try archiveOfRead()
        case .manyFiles: try manyFiles()
        case .rowDeleted: try damaged { _ in nil }
        case .offsetBeyond:
            try damaged {
                var source = $0
                source.position.offset += 1000
                return source
            }
        case .guardDamaged:
            try damaged {
                var source = $0
                source.position.guardDigest = String(repeating: "0", count: 64)
                return source
            }
        case .staleWriter: try staleWriter()
        }
    }

    /// Nothing is lost; what the copy repeats is the same record by its content.
    private func copyBesideLive() throws {
        let site = try Site(["app.log*"])
        try site.append(numbered(0..<20))
        try site.drain()
        try site.append(numbered(20..<30))
        site.tick()
        try site.copyTruncate(to: "app.log.1")
        try site.append(numbered(30..<40))
        try site.settle()
        #expect(Set(site.texts) == Set(texts(0..<40)))
        #expect(site.losses.isEmpty && site.letters.isEmpty)
        let lines = site.lines.count
        site.restart()
        try site.settle()
        #expect(site.lines.count == lines, "nothing is read once more")
    }

    /// What was read is stored once; what was seen and is gone is counted; the new content is read.
    private func cutWhileBlocked() throws {
        let site = try Site()
        site.maximumItems = 5
        try site.append(numbered(0..<10))
        try site.poll()
        site.follower.look(now: site.now)
        try site.overwrite(with: "new\n")
        site.follower.look(now: site.now)
        site.maximumItems = 100
        try site.settle()
        // The lines were read already, and waited.
        #expect(site.texts == texts(0..<10) + ["new"] && site.losses.isEmpty)
        // Of what had not been read the size is known.
        let other = try Site()
        try other.append("")
        try other.drain()
        try other.append(numbered(0..<10))
        other.follower.look(now: other.now)
        try other.overwrite(with: "new\n")
        try other.settle()
        #expect(other.texts == ["new"] && other.lostBytes == Int64(numbered(0..<10).utf8.count))
    }

    private func archiveOfRead() throws {
        let site = try Site(["app.log*"])
        try site.append(numbered(0..<2000))
        try site.drain()
        site.tick()
        try site.rename(to: "app.log.1")
        try site.append(numbered(2000..<2010))
        try site.settle()
        try site.gzip("app.log.1")
        try site.settle()
        site.restart()
        try site.settle()
        #expect(site.texts == texts(0..<2010) && site.losses.isEmpty)
    }

    private func manyFiles() throws {
        let site = try Site(["*.log"])
        for file in 0..<600 { try site.append("\(file) a\n", to: "\(file).log") }
        try site.drain()
        #expect(site.lines.count == 600)
        for file in 0..<600 { try site.append("\(file) b\n", to: "\(file).log") }
        try site.drain()
        #expect(site.lines.count == 1200 && Set(site.texts).count == 1200)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            return target?.hasPrefix(site.directory.path) ?? false
        }
        #expect(open <= 256)
    }

    /// The file is read from its start, as another source, and the old one is told of; never is anything skipped.
    private func damaged(_ change: (SourceFile) -> SourceFile?) throws {
        let site = try Site()
        try site.append(numbered(0..<10))
        try site.drain()
        let known = try #require(site.stored.values.first)
        let changed = change(known)
        let follower = FileFollower(configuration: site.configuration, known: [changed].compactMap { $0 })
        let batch = try follower.poll(maximumItems: 100, maximumBytes: 1 << 20)
        #expect(batch.items.count == 10)
        #expect(batch.sources.count { !$0.file.position.isFinished } == 1)
        #expect(batch.notices.contains { $0.kind == .truncated } == (changed != nil))
    }

    private func staleWriter() throws {
        let site = try Site(["app.log*"])
        try site.append(numbered(0..<3))
        try site.drain()
        try site.rename(to: "app.log.1")
        try site.append(numbered(3..<4))
        try site.settle()
        for round in 0..<3 {
            site.now += .seconds(3600)
            try site.append("late \(round)\n", to: "app.log.1")
            try site.settle()
        }
        #expect(site.texts == texts(0..<4) + (0..<3).map { "late \($0)" } && site.losses.isEmpty)
    }
}
