import Domain
import Foundation
import Testing

@testable import Ingest

/// A directory with files, a follower of it, and the database in which its positions are stored.
final class Site {
    let directory: URL
    var configuration: FollowerConfiguration
    private(set) var follower: FileFollower
    private(set) var stored: [String: SourceFile] = [:]
    private(set) var lines: [RawLine] = []
    private(set) var letters: [DeadLetter] = []
    private(set) var notices: [FollowerNotice] = []
    private(set) var losses: [SourceLoss] = []
    private(set) var bytesRead: Int64 = 0
    private(set) var blankLines: Int64 = 0
    private(set) var nulBytes: Int64 = 0
    var now = ContinuousClock.now
    var maximumItems = 100

    init(_ patterns: [String] = ["app.log"], _ adjust: (inout FollowerConfiguration) -> Void = { _ in })
        throws
    {
        directory = FileManager.default.temporaryDirectory.appending(
            path: "riskd-ingest-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        configuration = FollowerConfiguration(
            paths: patterns.map { [directory] in directory.appending(path: $0).path },
            scanInterval: .zero
        )
        adjust(&configuration)
        follower = FileFollower(configuration: configuration, known: [])
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var texts: [String] { lines.map { String(decoding: $0.bytes, as: UTF8.self) } }

    func path(_ name: String = "app.log") -> String { directory.appending(path: name).path }

    func append(_ text: String, to name: String = "app.log") throws { try append(Array(text.utf8), to: name) }

    func append(_ bytes: [UInt8], to name: String = "app.log") throws {
        if !FileManager.default.fileExists(atPath: path(name)) {
            try Data().write(to: URL(filePath: path(name)))
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: path(name)))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    func rename(_ name: String = "app.log", to other: String) throws {
        guard Glibc.rename(path(name), path(other)) == 0 else { throw SystemError(code: errno) }
    }

    /// Cuts a file to nothing and writes anew, as `copytruncate` does: the inode stays.
    func overwrite(_ name: String = "app.log", with text: String) throws {
        guard truncate(path(name), 0) == 0 else { throw SystemError(code: errno) }
        try append(text, to: name)
    }

    func remove(_ name: String = "app.log") throws { try FileManager.default.removeItem(atPath: path(name)) }

    func restart() { follower = FileFollower(configuration: configuration, known: Array(stored.values)) }

    /// Compresses a file as rotation does: its time stays, its inode does not.
    func gzip(_ name: String) throws { try compress(name, with: "/bin/gzip") }

    func compress(_ name: String, with program: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["-q", path(name)]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    /// Copies and cuts a file, as `copytruncate` does; `between` happens after the copy was made.
    func copyTruncate(_ name: String = "app.log", to other: String, between: () throws -> Void = {}) throws {
        try FileManager.default.copyItem(atPath: path(name), toPath: path(other))
        try between()
        guard truncate(path(name), 0) == 0 else { throw SystemError(code: errno) }
    }

    /// Shifts `name.1`, `name.2` and so on by one, and makes `name` the first of them.
    func rotate(_ name: String = "app.log") throws {
        var last = 1
        while FileManager.default.fileExists(atPath: path("\(name).\(last)")) { last += 1 }
        for number in stride(from: last, to: 1, by: -1) {
            try rename("\(name).\(number - 1)", to: "\(name).\(number)")
        }
        try rename(name, to: "\(name).1")
    }

    /// Lets time pass for the files' modification times, which rotation goes by.
    func tick() { usleep(10_000) }

    /// Bytes that were told to be lost.
    var lostBytes: Int64 { losses.reduce(0) { $0 + $1.bytes } }

    /// Polls once and stores the batch, checking every fence.
    @discardableResult
    func poll() throws -> IngestBatch {
        let batch = try follower.poll(maximumItems: maximumItems, maximumBytes: 1 << 20, now: now)
        for item in batch.items {
            switch item {
            case .line(let line): lines.append(line)
            case .unusable(let letter): letters.append(letter)
            }
        }
        for change in batch.sources {
            #expect(stored[change.file.id]?.position.offset == change.expectedOffset)
            stored[change.file.id] = change.file
        }
        notices += batch.notices
        losses += batch.losses
        bytesRead += batch.bytesRead
        blankLines += batch.blankLines
        nulBytes += batch.nulBytes
        return batch
    }

    /// Polls until everything is read.
    func drain() throws {
        for _ in 0..<100_000 where try poll().isCaughtUp { return }
        Issue.record("never caught up")
    }

    /// Lets the grace period of rotated files pass.
    func settle() throws {
        try drain()
        now += configuration.rotatedGrace
        try drain()
    }

    func count(of kind: FollowerNotice.Kind) -> Int { notices.count { $0.kind == kind } }
}

/// `count` lines, each with its number.
func numbered(_ range: Range<Int>) -> String { range.map { "line \($0)\n" }.joined() }

/// The texts of ``numbered(_:)``.
func texts(_ range: Range<Int>) -> [String] { range.map { "line \($0)" } }
