import Auditing
import Configuration
import Console
import Domain
import Pipeline
import Runtime
import Storage

extension Command {
    /// `riskd export audit`: datasets as files, all as of one moment, also where no riskd runs.
    static let exportAudit = Command(
        "audit",
        "Write datasets as files, with a manifest of their SHA-256, sizes and row counts",
        discussion: """
            Reads everything as of one moment, in the order of the datasets' keys, and writes OUT/DATASET.ndjson or .csv and, \
            last, OUT/manifest.json: without it an export is not whole. The same rows give the same bytes, so an export can be \
            repeated to prove a copy: give --until, and a time that is past. Of ocsf every notice of an alert is a Detection \
            Finding, in OUT/findings.ndjson. CSV cells never begin a formula. The export itself is in the audit log.
            """,
        arguments: [Argument("DATASET", "Which; all unless given", count: 0...100)],
        flags: [
            Flag("out", value: "FOLDER", "An empty or a new folder"),
            Flag(
                "format",
                "How rows look; ndjson unless given",
                choices: AuditExport.Format.allCases.map(\.rawValue)
            ),
            .since, .until,
            Flag(
                "where",
                value: "COLUMN=VALUE",
                "Only rows with this value, of datasets with this column",
                isRepeatable: true
            ),
            .actor, .config, .set, OutputFormat.flag,
        ]
    ) { invocation in
        guard let folder = invocation.value("out") else { throw UsageError("expected --out FOLDER") }
        var datasets: [AuditDataset] = []
        for name in invocation.arguments { datasets.append(try AuditDataset(typed: name)) }
        if datasets.isEmpty { datasets = AuditDataset.all }
        let format = AuditExport.Format(rawValue: invocation.value("format") ?? "") ?? .ndjson
        let selection = try invocation.auditSelection(invocation.values("where"))
        let actor = try invocation.actor()
        let chosen = AuditDataset.all.filter(datasets.contains)
        return try await invocation.withStore { store, _ in
            // Written down first: what is taken away is known even where taking it failed.
            let names = format == .ocsf ? "findings" : chosen.map(\.name).joined(separator: " ")
            try await store.write(
                AuditEntry(
                    time: .now,
                    actor: actor,
                    what: "audit.export",
                    object: names,
                    detail: format.rawValue
                )
            )
            let progress = ProgressBar("exporting", invocation.terminal, isBytes: false)
            let files = try await AuditExport(to: folder, as: format).write(chosen, selection, from: store) {
                rows in
                progress.update(Int64(rows), of: nil)
            }
            progress.finish()
            var report = Report([
                .init("file"), .init("rows", isNumeric: true), .init("bytes", isNumeric: true),
                .init("sha256"),
            ])
            for file in files {
                report.append([
                    .string(file.name), .integer(Int64(file.rows)), .integer(Int64(file.bytes)),
                    .string(file.sha256),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }
}

extension AuditDataset {
    /// The dataset that somebody typed.
    fileprivate init(typed name: String) throws(UsageError) {
        guard let dataset = AuditDataset.named(name) else {
            let known = AuditDataset.all.map(\.name).joined(separator: ", ")
            throw UsageError("'\(name)' is no dataset: expected \(known)")
        }
        self = dataset
    }
}

extension Invocation {
    /// What `--since`, `--until` and COLUMN=VALUE select.
    fileprivate func auditSelection(_ texts: some Sequence<String>) throws(UsageError) -> AuditSelection {
        let (since, until) = try period()
        var matches: [AuditSelection.Match] = []
        for text in texts {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                throw UsageError("expected COLUMN=VALUE, got '\(text)'")
            }
            matches.append(
                .init(column: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
            )
        }
        return AuditSelection(since: since, until: until, matches: matches)
    }
}
