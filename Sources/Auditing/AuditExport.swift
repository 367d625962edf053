import Alerting
import Crypto
import Domain
import Foundation
import Pipeline
import Runtime
package import Storage

/// Datasets as files, with a manifest: the same selection of the same rows gives the same bytes.
///
/// Everything is read as of one moment and written as it comes, so that memory does not grow with what is exported.
package struct AuditExport: Sendable {
    /// How rows look.
    package enum Format: String, Hashable, Sendable, CaseIterable {
        /// A JSON object a line.
        case ndjson
        /// RFC 4180 with a header; no cell begins a formula.
        case csv
        /// OCSF findings, one for each notice of an alert.
        case ocsf
    }

    /// A file that was written.
    package struct File: Hashable, Sendable, Encodable {
        /// Its name in the folder.
        package let name: String
        package let dataset: String
        /// How many rows it holds, without a header.
        package let rows: Int
        /// Its size.
        package let bytes: Int
        /// The SHA-256 of its bytes.
        package let sha256: String
    }

    private struct Manifest: Encodable {
        let riskd: String
        let schema: Int
        let format: String
        let since: String?
        let until: String?
        let matches: [String]
        let files: [File]
    }

    private let directory: URL
    private let format: Format

    /// An export that has not begun.
    ///
    /// - Parameters:
    ///   - directory: a folder of its own, which must be empty or missing.
    ///   - format: how rows look.
    package init(to directory: String, as format: Format) {
        self.directory = URL(fileURLWithPath: directory, isDirectory: true)
        self.format = format
    }

    /// Writes the files and, last, `manifest.json`.
    ///
    /// - Parameters:
    ///   - datasets: which, in this order; for OCSF they are findings, whatever is named.
    ///   - selection: which rows.
    ///   - store: the database, with a connection of its own.
    ///   - progress: told how many rows have been written.
    /// - Returns: the files.
    /// - Throws: `StorageError`, or what the file system said; a folder without a manifest is no export.
    package func write(
        _ datasets: [AuditDataset],
        _ selection: AuditSelection,
        from store: Store,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> [File] {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        guard try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty else {
            throw StartupError("\(directory.path) is not empty: name another folder")
        }
        let schema = try await store.schemaVersion()
        let writer = Writer(directory, format, progress)
        if format == .ocsf {
            try await store.exportNotices(selection) { notices in
                try writer.write(notices)
            }
        } else {
            try await store.auditExport(datasets, selection, hasValues: format == .csv) {
                dataset,
                columns,
                rows in
                try writer.write(dataset, columns, rows)
            }
        }
        let files = try writer.finish()
        let manifest = Manifest(
            riskd: riskdVersion,
            schema: schema,
            format: format.rawValue,
            since: selection.since?.description,
            until: selection.until?.description,
            matches: selection.matches.map { "\($0.column)=\($0.value)" },
            files: files
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        var bytes = try encoder.encode(manifest)
        bytes.append(0x0A)
        try bytes.write(to: directory.appendingPathComponent("manifest.json"), options: .atomic)
        return files
    }

    /// One file after the other.
    private final class Writer: Sendable {
        private struct State {
            var open: AuditFile?
            var files: [File] = []
            var total = 0
        }

        private let directory: URL
        private let format: Format
        private let progress: @Sendable (Int) -> Void
        private let state = Locked(State())

        init(_ directory: URL, _ format: Format, _ progress: @escaping @Sendable (Int) -> Void) {
            self.directory = directory
            self.format = format
            self.progress = progress
        }

        func write(_ dataset: AuditDataset, _ columns: [String], _ rows: [AuditRow]) throws {
            try add(AuditText.lines(columns, rows, format), rows.count, to: dataset.name)
        }

        func write(_ notices: [AlertNotice]) throws {
            try add(notices.map { OCSFExport.line(of: $0) + "\n" }.joined(), notices.count, to: "findings")
        }

        private func add(_ text: String, _ rows: Int, to dataset: String) throws {
            let total = try state.withLock { state in
                if state.open?.dataset != dataset {
                    try Self.close(&state)
                    state.open = try AuditFile(directory, dataset, format == .csv ? "csv" : "ndjson")
                }
                try state.open?.write(text, rows: rows)
                state.total += rows
                return state.total
            }
            progress(total)
        }

        func finish() throws -> [File] {
            try state.withLock { state in
                try Self.close(&state)
                return state.files
            }
        }

        private static func close(_ state: inout State) throws {
            if let file = try state.open?.close() { state.files.append(file) }
            state.open = nil
        }
    }
}

/// A file that is being written, with its digest.
private final class AuditFile {
    let dataset: String
    private let name: String
    private let handle: FileHandle
    private let digest: SHA256Stream
    private var rows = 0
    private var bytes = 0

    init(_ directory: URL, _ dataset: String, _ suffix: String) throws {
        self.dataset = dataset
        name = "\(dataset).\(suffix)"
        let url = directory.appendingPathComponent(name)
        // Whoever may read it is whoever exports.
        guard
            FileManager.default.createFile(
                atPath: url.path,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            )
        else { throw StartupError("\(url.path) cannot be written") }
        handle = try FileHandle(forWritingTo: url)
        digest = try SHA256Stream()
    }

    func write(_ text: String, rows: Int) throws {
        let content = Array(text.utf8)
        digest.add(content)
        bytes += content.count
        self.rows += rows
        try handle.write(contentsOf: content)
    }

    func close() throws -> AuditExport.File {
        try handle.synchronize()
        try handle.close()
        return AuditExport.File(
            name: name,
            dataset: dataset,
            rows: rows,
            bytes: bytes,
            sha256: digest.finish()
        )
    }
}
