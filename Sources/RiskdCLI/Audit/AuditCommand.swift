import Auditing
import Configuration
import Console
import Domain
import Notifying
import Pipeline
import Runtime
import Scoring
import Storage

extension Command {
    /// `riskd audit`: the auditors' questions.
    static let audit = Command(
        "audit",
        "Answer auditors' questions, and take the answers away with a manifest",
        commands: [
            Command(
                "datasets",
                "List what can be asked for",
                flags: [.config, .set, OutputFormat.flag]
            ) { invocation in
                var report = Report([.init("dataset"), .init("tells")])
                for dataset in AuditDataset.all {
                    report.append([.string(dataset.name), .string(dataset.summary)])
                }
                report.write(to: invocation.terminal, as: invocation.format)
                return .ok
            },
            Command(
                "query",
                "Show rows of a dataset, in the order of its key",
                arguments: [
                    Argument("DATASET", "As riskd audit datasets lists them"),
                    Argument(
                        "COLUMN=VALUE",
                        "Only rows with this value",
                        count: 0...AuditSelection.mostMatches
                    ),
                ],
                flags: [
                    .since, .until, Flag("limit", value: "COUNT", "At most COUNT rows; 1000 unless given"),
                    .config, .set, OutputFormat.flag,
                ],
                run: queryDataset
            ),
            Command(
                "sample",
                "Tell what the risk of whom was at a time, and why",
                arguments: [
                    Argument(
                        "ENTITY",
                        "user:MODEL/USER, campaign:MODEL/NUMBER, model:MODEL, global, or a user's name"
                    )
                ],
                flags: [
                    Flag("at", value: "TIME", "When: RFC 3339, -1h (ago) or now"), .config, .set,
                    Flag("output", short: "o", "How it is printed", choices: ["table", "json"]),
                ],
                run: showSample
            ),
            Command(
                "hidden",
                "List alerts that nobody was told of because of silences or of other alerts",
                discussion: """
                    Routes the notices of the period again: as things were, without silences, and without any alert holding \
                    others back. Endpoints count as they are configured now.
                    """,
                flags: [.since, .until, .config, .set, OutputFormat.flag],
                run: listHidden
            ),
            Command(
                "false-alarms",
                "Compare, by quarter, what was found of alerts with the stated bound on false alarms",
                flags: [.since, .until, .config, .set, OutputFormat.flag],
                run: compareFalseAlarms
            ),
            .auditExport,
            .auditRetention,
            .auditHold,
            .auditErase,
            Command(
                "grants",
                "Print the SQL that lets a role read the auditors' views and nothing else",
                arguments: [Argument("ROLE", "The role's name")],
                flags: [.config, .set]
            ) { invocation in
                guard let statements = AuditGrants.statements(for: invocation.arguments[0]) else {
                    throw UsageError("expected a role's name of small letters, digits and _")
                }
                invocation.terminal.write(statements)
                return .ok
            },
        ]
    )

    private static let queryDataset: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let dataset = try AuditDataset(typed: invocation.arguments[0])
        let selection = try invocation.auditSelection(invocation.arguments.dropFirst())
        guard let limit = Int(invocation.value("limit") ?? "1000"), (1...1_000_000).contains(limit) else {
            throw UsageError("--limit must be between 1 and 1000000")
        }
        return try await invocation.withStore { store, _ in
            let columns = try await store.columns(of: dataset)
            for match in selection.matches where !columns.contains(match.column) {
                let known = columns.joined(separator: ", ")
                throw UsageError("\(dataset.name) has no column \(match.column): expected \(known)")
            }
            let rows = try await store.auditRows(dataset, selection, limit: limit + 1)
            switch invocation.format {
            // As the database writes it, so that numbers and lists keep their types.
            case .ndjson: for row in rows.prefix(limit) { invocation.terminal.writeJSON(row.json + "\n") }
            case .json:
                let text = rows.prefix(limit).map(\.json).joined(separator: ",\n ")
                invocation.terminal.writeJSON(rows.isEmpty ? "[]\n" : "[\(text)]\n")
            case .yaml:
                let values = try rows.prefix(limit).map { try JSONValue(parsing: $0.json.utf8) }
                invocation.terminal.write(JSONValue.array(values).yamlText)
            case .table, .csv:
                var report = Report(columns.map { Report.Column($0) })
                for row in rows.prefix(limit) { report.append(row.values.map { .string($0) }) }
                report.write(to: invocation.terminal, as: invocation.format)
            }
            if rows.count > limit {
                invocation.terminal.note("there are more: raise --limit, or use riskd audit export")
            }
            return .ok
        }
    }

    private static let showSample: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        guard let text = invocation.value("at") else { throw UsageError("expected --at TIME") }
        let time = try Timestamp(typed: text, now: .now)
        return try await invocation.withStore { store, _ in
            let entity = try await store.entity(named: invocation.arguments[0])
            guard let sample = try await store.sample(of: entity, at: time) else {
                invocation.terminal.writeError("\(entity) had no sample yet at \(time), or it is deleted")
                return .error
            }
            try await invocation.explain(sample, store)
            if invocation.format != .json {
                invocation.terminal.note(
                    "riskd recompute \(sample.sample.id) computes it again from stored histograms"
                )
            }
            return .ok
        }
    }

    private static let listHidden: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let (since, until) = try invocation.period()
        return try await invocation.withStore { store, configuration in
            let hidden = try await HiddenAlerts.between(since, until, store, AlertSettings(configuration))
            var report = Report([
                .init("id"), .init("since"), .init("peak_level"), .init("subject"), .init("model"),
                .init("verdict"),
                .init("because"),
            ])
            for alert in hidden.alerts {
                let snapshot = alert.snapshot
                report.append([
                    .string(snapshot.id.description), .string(snapshot.startsAt.description),
                    .string(snapshot.peakLevel.description),
                    .string("\(snapshot.subject.kind) \(snapshot.subject.id)"),
                    optional(snapshot.subject.model?.name), optional(snapshot.verdict?.rawValue),
                    .string(alert.cause.rawValue),
                ])
            }
            report.write(to: invocation.terminal, as: invocation.format)
            invocation.terminal.note(
                """
                \(hidden.alerts.count) of \(hidden.all) alerts were told to nobody; silences kept back \
                \(hidden.silencedMessages) messages, other alerts \(hidden.inhibitedMessages)
                """
            )
            return .ok
        }
    }

    private static let compareFalseAlarms: @Sendable (Invocation) async throws -> ExitCode = { invocation in
        let selection = try invocation.auditSelection([])
        return try await invocation.withStore { store, configuration in
            let scoring = try ScoringConfiguration(configuration)
            let rows = try await FalseAlarmRecord.rows(selection, store, scoring)
            var report = Report(
                FalseAlarmRecord.columns.enumerated().map { Report.Column($1, isNumeric: $0 > 3) }
            )
            for row in rows { report.append(row) }
            report.write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }
}

extension AuditDataset {
    /// The dataset that somebody typed.
    init(typed name: String) throws(UsageError) {
        guard let dataset = AuditDataset.named(name) else {
            let known = AuditDataset.all.map(\.name).joined(separator: ", ")
            throw UsageError("'\(name)' is no dataset: expected \(known)")
        }
        self = dataset
    }
}

extension Invocation {
    /// What `--since`, `--until` and COLUMN=VALUE select.
    func auditSelection(_ texts: some Sequence<String>) throws(UsageError) -> AuditSelection {
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
