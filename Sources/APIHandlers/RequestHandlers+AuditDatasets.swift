import Auditing
import Crypto
import Domain
import Foundation
import HTTPAPI
import HTTPServer
import Notifying
import Pipeline
import Runtime
import Scoring
import Storage

/// The auditors' datasets: pages, whole exports and their manifests, and what is computed of them.
extension RequestHandlers {
    func auditDatasets(_ call: APICall) async throws -> APIAnswer {
        let items = try await readers.lend { store in
            var items: [AuditDatasetDocument] = []
            for dataset in AuditDataset.all {
                let columns = try await store.columns(of: dataset)
                items.append(
                    AuditDatasetDocument(name: dataset.name, tells: dataset.summary, columns: columns)
                )
            }
            return items
        }
        return .json(PageDocument(items: items))
    }

    func queryAudit(_ call: APICall) async throws -> APIAnswer {
        let dataset = try Self.dataset(call)
        let selection = try Self.selection(call)
        let limit = try call.limit()
        let list = "audit/\(dataset.name)"
        let key = try call.cursor(of: list, count: dataset.keyCount)
        let rows = try await readers.lend {
            try await $0.auditRows(dataset, selection, after: key, limit: limit)
        }
        // The database's own JSON: what is exported and what is shown are the same.
        var text = "{\"items\":[" + rows.map(\.json).joined(separator: ",") + "]"
        if rows.count == limit, let last = rows.last {
            text += ",\"next\":\"\(Cursor(list, last.key).text)\""
        }
        return .text(Array((text + "}").utf8), type: "application/json")
    }

    func exportAudit(_ call: APICall) async throws -> APIAnswer {
        let (dataset, selection, format) = try await exported(call)
        let type = format == .csv ? "text/csv; charset=utf-8" : "application/x-ndjson"
        try await writers.lend {
            try await $0.write(entry(call, "audit.export", dataset.name, format.rawValue))
        }
        return .stream(type: type) { [exporters] stream in
            try await exporters.lend { store in
                try await store.auditExport([dataset], selection, hasValues: format == .csv) {
                    _,
                    columns,
                    rows in
                    try stream.writeWaiting(Array(AuditText.lines(columns, rows, format).utf8))
                }
            }
        }
    }

    func auditManifest(_ call: APICall) async throws -> APIAnswer {
        let (dataset, selection, format) = try await exported(call)
        let tally = AuditTally(try SHA256Stream())
        try await exporters.lend { store in
            try await store.auditExport([dataset], selection, hasValues: format == .csv) { _, columns, rows in
                tally.add(Array(AuditText.lines(columns, rows, format).utf8), rows.count)
            }
        }
        let result = tally.finish()
        return .json(
            AuditManifestDocument(
                dataset: dataset.name,
                format: format.rawValue,
                since: selection.since?.description,
                until: selection.until?.description,
                matches: selection.matches.map { "\($0.column)=\($0.value)" },
                rows: result.rows,
                bytes: result.bytes,
                sha256: result.sha256
            )
        )
    }

    private func exported(
        _ call: APICall
    ) async throws -> (AuditDataset, AuditSelection, AuditExport.Format) {
        let dataset = try Self.dataset(call)
        let selection = try Self.selection(call)
        let word = try call.choice("format", of: ["ndjson", "csv"])
        // Once a stream has begun no error can be told.
        if !selection.matches.isEmpty {
            let columns = try await readers.lend { try await $0.columns(of: dataset) }
            for match in selection.matches where !columns.contains(match.column) {
                throw StorageError.unknownColumn(match.column, known: columns)
            }
        }
        return (dataset, selection, word.flatMap(AuditExport.Format.init) ?? .ndjson)
    }

    private static func dataset(_ call: APICall) throws(APIFailure) -> AuditDataset {
        guard let dataset = AuditDataset.named(call.argument("dataset")) else {
            throw .notFound("there is no such dataset")
        }
        return dataset
    }

    private static func selection(_ call: APICall) throws(APIFailure) -> AuditSelection {
        var selection = AuditSelection(since: try call.time("since"), until: try call.time("until"))
        for text in try call.texts("match", atMost: AuditSelection.mostMatches, length: 3...512) {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                throw .invalid("match", "must be COLUMN=VALUE")
            }
            let value = String(text[text.index(after: sign)...])
            selection.matches.append(.init(column: String(text[..<sign]), value: value))
        }
        return selection
    }

    func auditSample(_ call: APICall) async throws -> APIAnswer {
        guard let entity = try call.entity("entity") else {
            throw APIFailure.invalid("entity", "is required")
        }
        guard let time = try call.time("at") else { throw APIFailure.invalid("at", "is required") }
        guard let sample = try await readers.lend({ try await $0.sample(of: entity, at: time) }) else {
            throw APIFailure.notFound("there is no sample of that entity up to that time")
        }
        return .json(SampleDocument(sample))
    }

    func hiddenAlerts(_ call: APICall) async throws -> APIAnswer {
        let (since, until) = (try call.time("since"), try call.time("until"))
        let start = since ?? (until ?? call.now) - SilencePreview.period
        guard (until ?? call.now) <= start + .seconds(366 * 86_400) else {
            throw APIFailure.unprocessable("since", "is more than 366 days before the end")
        }
        let (hidden, silences) = try await readers.lend { store in
            (
                try await HiddenAlerts.between(start, until, store, settings),
                try await store.silences(notOverAt: call.now)
            )
        }
        return .json(
            HiddenAlertsDocument(
                allAlerts: hidden.all,
                silencedMessages: hidden.silencedMessages,
                inhibitedMessages: hidden.inhibitedMessages,
                hiddenAlerts: hidden.alerts.count,
                alerts: hidden.alerts.suffix(1000).map { alert in
                    HiddenAlertDocument(
                        because: alert.cause.rawValue,
                        alert: AlertDocument(alert.snapshot, silences: silences, now: call.now)
                    )
                }
            )
        )
    }

    func falseAlarms(_ call: APICall) async throws -> APIAnswer {
        let selection = AuditSelection(since: try call.time("since"), until: try call.time("until"))
        let scoring = try ScoringConfiguration(configuration)
        let rows = try await readers.lend { try await FalseAlarmRecord.rows(selection, $0, scoring) }
        let objects = rows.map { row in
            JSONValue.object(zip(FalseAlarmRecord.columns, row).map { JSONValue.Member($0, $1) }).text
        }
        return .text(Array("{\"items\":[\(objects.joined(separator: ","))]}".utf8), type: "application/json")
    }
}

/// Rows, bytes and digest of an export that goes nowhere.
private final class AuditTally: Sendable {
    private struct State {
        let digest: SHA256Stream
        var rows = 0
        var bytes = 0
    }

    private let state: Locked<State>

    init(_ digest: sending SHA256Stream) { state = Locked(State(digest: digest)) }

    func add(_ bytes: [UInt8], _ rows: Int) {
        state.withLock { state in
            state.digest.add(bytes)
            state.bytes += bytes.count
            state.rows += rows
        }
    }

    /// Ends it, once.
    func finish() -> (rows: Int, bytes: Int, sha256: String) {
        state.withLock { ($0.rows, $0.bytes, $0.digest.finish()) }
    }
}

struct AuditDatasetDocument: Encodable, Sendable {
    let name: String
    let tells: String
    let columns: [String]
}

struct AuditManifestDocument: Encodable, Sendable {
    let dataset: String
    let format: String
    let since: String?
    let until: String?
    let matches: [String]
    let rows: Int
    let bytes: Int
    let sha256: String
}

struct HiddenAlertsDocument: Encodable, Sendable {
    let allAlerts: Int
    let silencedMessages: Int
    let inhibitedMessages: Int
    let hiddenAlerts: Int
    let alerts: [HiddenAlertDocument]
}

struct HiddenAlertDocument: Encodable, Sendable {
    let because: String
    let alert: AlertDocument
}
