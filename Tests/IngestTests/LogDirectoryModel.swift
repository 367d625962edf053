import Foundation
import Glibc
import Testing

@testable import Ingest

/// A log directory as it is, and the slow model of it: which lines were written where, and what of them still exists.
///
/// Time is counted, not waited for: the files' modification times are set.
final class LogDirectoryModel {
    /// What was written to a file between two of its truncations.
    final class Content {
        var bytes: [UInt8] = []
        /// How much of it riskd has seen to be there, in a look that it has stored.
        var seen = 0

        /// The whole lines, and where they end.
        var lines: [(text: String, end: Int)] {
            var result: [(text: String, end: Int)] = []
            var start = 0
            for (index, byte) in bytes.enumerated() where byte == 10 {
                // Blank lines are passed over.
                if index > start {
                    result.append((String(decoding: bytes[start..<index], as: UTF8.self), index + 1))
                }
                start = index + 1
            }
            return result
        }

        /// What has no line feed at its end.
        var rest: String {
            let start = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
            return String(decoding: bytes[start...], as: UTF8.self)
        }
    }

    /// A file that still exists: all of a content, or a copy of its beginning.
    private struct Container {
        let content: Content
        /// Bytes of it; nil: as many as there are.
        let length: Int?
        var name: String

        /// Whether riskd can know it again.
        ///
        /// What was compressed and then written to is shorter than its fingerprint, in files of less than 4,096 bytes as these are. That is told as lost.
        var isKnowable: Bool { !name.hasSuffix(".gz") || length == content.bytes.count }
    }

    let site: Site
    private(set) var contents: [Content] = []
    private var containers: [Container] = []
    /// What the writer has open.
    private var writer: (descriptor: Int32, content: Content)?
    private var record = 0
    /// What of the record that is being written is missing.
    private var missing: [UInt8] = []
    private var clock: Int = 1_700_000_000
    private(set) var history: [String] = []

    init(_ site: Site) { self.site = site }

    deinit { if let writer { close(writer.descriptor) } }

    /// How many bytes of a content can still be found.
    private func safe(_ content: Content) -> Int {
        containers.filter { $0.content === content && $0.isKnowable }.map { $0.length ?? content.bytes.count }
            .max() ?? 0
    }

    /// The lines that must be stored by now, if riskd has had its time.
    var required: [String] {
        contents.flatMap { content in content.lines.filter { $0.end <= safe(content) }.map(\.text) }
    }

    /// All lines that were ever whole.
    var allowed: Set<String> { Set(contents.flatMap { $0.lines.map(\.text) + [$0.rest] }) }

    /// Bytes that no longer exist, of lines that `stored` lacks.
    func gone(without stored: Set<String>) -> Int {
        contents.reduce(0) { sum, content in
            let lines = content.lines
            let lost = zip(lines, [0] + lines.map(\.end)).filter {
                $0.0.end > safe(content) && !stored.contains($0.0.text)
            }
            return sum + lost.reduce(0) { $0 + $1.0.end - $1.1 }
        }
    }

    /// Bytes of whole lines that were seen, no longer exist and were never stored: these must be told.
    func mustBeTold(without stored: Set<String>) -> Int {
        contents.reduce(0) { sum, content in
            let lines = content.lines
            let lost = zip(lines, [0] + lines.map(\.end)).filter {
                $0.0.end > safe(content) && $0.0.end <= content.seen && !stored.contains($0.0.text)
            }
            return sum + lost.reduce(0) { $0 + $1.0.end - $1.1 }
        }
    }

    /// All bytes that were ever written, in copies too, which no count of lost ones may exceed.
    var written: Int { contents.reduce(copied) { $0 + $1.bytes.count } }
    private var copied = 0

    /// riskd has looked, and stored what it saw.
    func noteLook() {
        for container in containers where container.name == "app.log" {
            container.content.seen = container.content.bytes.count
        }
    }

    // MARK: What happens

    func note(_ text: String) { history.append(text) }

    /// Opens the log anew, as a writer does after it was told to.
    func reopen() {
        note("reopen")
        if let writer { close(writer.descriptor) }
        let descriptor = open(site.path(), O_WRONLY | O_APPEND | O_CREAT, 0o600)
        precondition(descriptor >= 0)
        if let index = containers.firstIndex(where: { $0.name == "app.log" }) {
            // A new file begins with a new record; what an earlier one lacks never comes.
            if writer?.content !== containers[index].content { missing = [] }
            writer = (descriptor, containers[index].content)
        } else {
            let content = Content()
            contents.append(content)
            containers.append(Container(content: content, length: nil, name: "app.log"))
            writer = (descriptor, content)
            missing = []
        }
        touch()
    }

    /// Writes some records, or a piece of one.
    func append(_ count: Int, cut: Int) {
        if writer == nil { reopen() }
        var bytes = missing
        for _ in 0..<count {
            bytes += Array(#"{"n":\#(record)}"#.utf8) + [10]
            record += 1
        }
        let kept = min(cut, max(0, bytes.count - 1))
        missing = Array(bytes.suffix(kept))
        bytes.removeLast(kept)
        note("append \(count) cut \(kept)")
        guard let writer, !bytes.isEmpty else { return }
        let done = bytes.withUnsafeBytes { write(writer.descriptor, $0.baseAddress, $0.count) }
        precondition(done == bytes.count)
        writer.content.bytes += bytes
        touch()
    }

    private func touch() {
        guard let writer else { return }
        clock += 1
        var times = [timespec(tv_sec: clock, tv_nsec: 0), timespec(tv_sec: clock, tv_nsec: 500)]
        precondition(futimens(writer.descriptor, &times) == 0)
    }

    private var generations: [(number: Int, name: String)] {
        containers.compactMap { container in
            let parts = container.name.split(separator: ".")
            return parts.count > 2 ? Int(parts[2]).map { ($0, container.name) } : nil
        }.sorted { $0.number > $1.number }
    }

    private func move(_ name: String, to other: String) throws {
        try site.rename(name, to: other)
        for index in containers.indices where containers[index].name == name {
            containers[index].name = other
        }
    }

    private func shift() throws {
        for (number, name) in generations {
            try move(name, to: "app.log.\(number + 1)" + (name.hasSuffix(".gz") ? ".gz" : ""))
        }
    }

    var hasLog: Bool { containers.contains { $0.name == "app.log" } }

    /// Renames the log and its generations; the writer goes on where it was.
    func rotate() throws {
        note("rotate")
        try shift()
        try move("app.log", to: "app.log.1")
    }

    /// Copies the log and cuts it.
    func copyTruncate() throws {
        note("copytruncate")
        try shift()
        guard let index = containers.firstIndex(where: { $0.name == "app.log" }) else { return }
        let old = containers[index].content
        try FileManager.default.copyItem(atPath: site.path(), toPath: site.path("app.log.1"))
        setTime(of: "app.log.1")
        copied += old.bytes.count
        containers.append(Container(content: old, length: old.bytes.count, name: "app.log.1"))
        cut(at: index)
    }

    /// Cuts the log without a copy.
    func truncateLog() {
        note("truncate")
        guard let index = containers.firstIndex(where: { $0.name == "app.log" }) else { return }
        cut(at: index)
    }

    private func cut(at index: Int) {
        precondition(truncate(site.path(), 0) == 0)
        let fresh = Content()
        contents.append(fresh)
        let old = containers[index].content
        containers[index] = Container(content: fresh, length: nil, name: "app.log")
        if let writer, writer.content === old { self.writer = (writer.descriptor, fresh) }
        setTime(of: "app.log")
    }

    private func setTime(of name: String) {
        clock += 1
        let times = [timespec(tv_sec: clock, tv_nsec: 0), timespec(tv_sec: clock, tv_nsec: 500)]
        precondition(utimensat(AT_FDCWD, site.path(name), times, 0) == 0)
    }

    /// Compresses a generation.
    func compress(_ random: Int) throws {
        let plain = generations.filter { !$0.name.hasSuffix(".gz") }
        guard !plain.isEmpty else { return }
        let name = plain[random % plain.count].name
        note("gzip \(name)")
        guard let index = containers.firstIndex(where: { $0.name == name }) else { return }
        let old = containers[index]
        try site.gzip(name)
        containers[index] = Container(
            content: old.content,
            length: old.length ?? old.content.bytes.count,
            name: name + ".gz"
        )
    }

    /// Removes the oldest generation, or the log itself.
    func remove(log: Bool) throws {
        guard let name = log ? (hasLog ? "app.log" : nil) : generations.first?.name else { return }
        note("remove \(name)")
        try site.remove(name)
        containers.removeAll { $0.name == name }
    }
}
