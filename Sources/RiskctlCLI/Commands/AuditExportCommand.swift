import Console
import Crypto
import Domain
import Foundation
import Runtime
import WebClient

extension Command {
    static let auditExport = Command.asking(
        "export",
        "Write datasets as files, each held against the SHA-256 that riskd states (needs auditor)",
        discussion: """
            Writes OUT/DATASET.ndjson or .csv as it comes, asks riskd what its rows, bytes and SHA-256 must be, and writes \
            OUT/manifest.json last: without it an export is not whole. The same rows give the same bytes: give --until, and a \
            time that is past, to repeat it. riskd export audit, on riskd's machine, reads all datasets as of one moment, and \
            knows OCSF.
            """,
        arguments: [
            Argument(
                "DATASET",
                "Which; all unless given",
                count: 0...100,
                values: .asked(Known.datasets)
            )
        ],
        flags: [
            Flag("out", value: "FOLDER", "An empty or a new folder"),
            Flag("format", "How rows look; ndjson unless given", choices: ["ndjson", "csv"]),
            .since, .until,
            Flag(
                "where",
                value: "COLUMN=VALUE",
                "Only rows with this value, of datasets with this column",
                isRepeatable: true,
                values: .nothing
            ), OutputFormat.flag,
        ]
    ) { session in
        guard let folder = session.invocation.value("out") else { throw UsageError("expected --out FOLDER") }
        let known = try await session.client.get(["audit", "datasets"])["items"].elements
        let names = known.compactMap { $0["name"].string }
        for name in session.invocation.arguments where !names.contains(name) {
            throw UsageError("'\(name)' is no dataset: expected \(names.joined(separator: ", "))")
        }
        let matches = try session.invocation.values("where").map(checkedMatch)
        let chosen = known.filter { dataset in
            session.invocation.arguments.isEmpty
                || session.invocation.arguments.contains(dataset["name"].string ?? "")
        }
        let format = session.invocation.value("format") ?? "ndjson"
        // What happens while it runs is for the next export.
        let until = try session.time("until") ?? Timestamp.now.description
        let export = AuditDownload(client: session.client, folder: folder, format: format)
        try export.prepare()
        var files: [JSONValue] = []
        for dataset in chosen {
            let name = dataset["name"].string ?? ""
            let columns = dataset["columns"].elements.compactMap(\.string)
            var query: Query = ["since": try session.time("since"), "until": until, "format": format]
            for match in matches where columns.contains(String(match.prefix { $0 != "=" })) {
                query.add("match", match)
            }
            files.append(try await export.write(name, query))
        }
        try export.finish(
            files,
            since: try session.time("since"),
            until: until,
            matches: matches
        )
        var report = Report([
            .init("file"), .init("rows", isNumeric: true), .init("bytes", isNumeric: true), .init("sha256"),
        ])
        for file in files {
            report.append([file["name"], file["rows"], file["bytes"], file["sha256"]], whole: file)
        }
        session.write(report)
    }
}

/// Datasets on their way into files of a folder.
private struct AuditDownload: Sendable {
    let client: RiskdClient
    let folder: String
    let format: String

    private static let tries = 3

    /// Makes the folder, which must be empty.
    func prepare() throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            guard try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty else {
                throw CommandFailure("\(folder) is not empty: name another folder")
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(folder): \(error.localizedDescription)")
        }
    }

    /// Writes a dataset, and compares it with what riskd says that it must be.
    ///
    /// - Returns: the file's entry in the manifest.
    func write(_ dataset: String, _ query: Query) async throws -> JSONValue {
        let name = "\(dataset).\(format)"
        let path = folder + "/" + name
        for _ in 0..<Self.tries {
            let file = try DownloadedFile(path)
            try await client.download(["audit", "datasets", dataset, "export"], query) { file.add($0) }
            let (bytes, digest) = try file.close()
            let stated = try await client.ask(
                .get,
                ["audit", "datasets", dataset, "manifest"],
                query,
                within: .seconds(600)
            )
            if stated["bytes"].integer == Int64(bytes), stated["sha256"].string == digest {
                return .object([
                    "name": .string(name), "dataset": .string(dataset), "rows": stated["rows"],
                    "bytes": .integer(Int64(bytes)), "sha256": .string(digest),
                ])
            }
            // How something stands may change between the two questions.
            try FileManager.default.removeItem(atPath: path)
        }
        throw CommandFailure(
            "\(dataset) did not arrive as riskd states it, \(Self.tries) times: it changes too fast, or the way is damaged"
        )
    }

    /// Writes the manifest.
    func finish(_ files: [JSONValue], since: String?, until: String, matches: [String]) throws {
        var members: [JSONValue.Member] = [
            .init("files", .array(files)), .init("format", .string(format)),
            .init("matches", .array(matches.map { .string($0) })),
        ]
        if let since { members.append(.init("since", .string(since))) }
        members.append(.init("until", .string(until)))
        let text = JSONValue.object(members).prettyText + "\n"
        try SecretFile.create(Array(text.utf8), at: folder + "/manifest.json")
    }
}

/// A new file that only its owner reads, with its digest.
private final class DownloadedFile: Sendable {
    private struct State {
        let handle: FileHandle
        let digest: SHA256Stream
        var bytes = 0
        var failure: (any Error)?
    }

    private let path: String
    private let state: Locked<State>

    init(_ path: String) throws {
        self.path = path
        try SecretFile.create([], at: path)
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw CommandFailure("\(path) cannot be written")
        }
        state = Locked(State(handle: handle, digest: try SHA256Stream()))
    }

    func add(_ bytes: [UInt8]) {
        state.withLock { state in
            guard state.failure == nil else { return }
            state.digest.add(bytes)
            state.bytes += bytes.count
            do { try state.handle.write(contentsOf: bytes) } catch { state.failure = error }
        }
    }

    /// Ends it, once.
    func close() throws -> (bytes: Int, sha256: String) {
        try state.withLock { state in
            if let failure = state.failure {
                throw CommandFailure("\(path): \(failure.localizedDescription)")
            }
            try state.handle.synchronize()
            try state.handle.close()
            return (state.bytes, state.digest.finish())
        }
    }
}
