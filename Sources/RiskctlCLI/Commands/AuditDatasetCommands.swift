import Console
import Runtime
import WebClient

extension Command {
    static let auditDatasets = Command.asking(
        "datasets",
        "What can be asked for and taken away (needs auditor)",
        flags: [OutputFormat.flag]
    ) { session in try await session.write(.datasets) }

    static let auditQuery = Command.asking(
        "query",
        "Rows of a dataset, in the order of its key (needs auditor)",
        arguments: [
            .dataset,
            Argument("COLUMN=VALUE", "Only rows with this value", count: 0...4, values: .nothing),
        ],
        flags: [.since, .until] + Flag.paging
    ) { session in
        let words = session.invocation.arguments
        var query: Query = ["since": try session.time("since"), "until": try session.time("until")]
        for word in words.dropFirst() { query.add("match", try checkedMatch(word)) }
        let path = ["audit", "datasets", words[0]]
        let (rows, isCut) = try await session.client.list(path, query, limit: try session.limit())
        // Columns as the view has them; without rows nobody misses them.
        var report = Report(rows.first.map { $0.members.map { Report.Column($0.key) } } ?? [])
        for row in rows {
            let values = row.members.map { member in
                member.value.elements.isEmpty ? member.value : .string(member.value.text)
            }
            report.append(values, whole: row)
        }
        session.write(report)
        if isCut { session.terminal.note("there are more: --limit COUNT, --all, or riskctl audit export") }
    }

    static let auditHidden = Command.asking(
        "hidden",
        "Alerts that nobody was told of because of silences or of other alerts (needs auditor)",
        discussion: "Of the last 30 days unless --since says otherwise; at most 366 days.",
        flags: [.since, .until, OutputFormat.flag]
    ) { session in
        let hidden = try await session.client.get(
            ["audit", "hidden-alerts"],
            ["since": try session.time("since"), "until": try session.time("until")]
        )
        session.write(Listing.hidden.report(hidden["alerts"].elements))
        session.terminal.note(
            """
            \(hidden["hidden_alerts"].text) of \(hidden["all_alerts"].text) alerts were told to nobody; silences kept back \
            \(hidden["silenced_messages"].text) messages, other alerts \(hidden["inhibited_messages"].text)
            """
        )
    }

    static let auditFalseAlarms = Command.asking(
        "false-alarms",
        "By quarter, what was found of alerts beside the stated bound on false alarms (needs auditor)",
        flags: [.since, .until, OutputFormat.flag]
    ) { session in
        try await session.write(
            .falseAlarms,
            ["since": try session.time("since"), "until": try session.time("until")]
        )
    }

    /// `riskctl recompute`: the same integers again.
    static let recompute = Command(
        "recompute",
        "Compute a sample again from what is stored, and compare every integer (needs auditor)",
        discussion: """
            riskd reads the artefacts that were in force, checks their digests, and feeds the stored tick histograms through the \
            scoring model, from the first one that is kept. Exits with 1 when any integer differs. What takes longer than 20 s \
            is for riskd recompute, on riskd's machine.
            """,
        arguments: [.sample],
        flags: [OutputFormat.flag]
    ) { invocation in
        let session = try Session(invocation)
        let number = invocation.arguments[0]
        guard Int64(number) != nil else { throw UsageError("expected a sample's number, got '\(number)'") }
        let result = try await session.client.ask(
            .get,
            ["samples", number, "recomputation"],
            within: .seconds(40)
        )
        try session.write(result) { RecomputationSheet(result).sheet }
        return result["identical"].bool == true ? .ok : .error
    }

    static let checkedMatch: @Sendable (String) throws -> String = { text in
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
            throw UsageError("expected COLUMN=VALUE, got '\(text)'")
        }
        return text
    }
}

extension Argument {
    static let dataset = Argument(
        "DATASET",
        "As riskctl audit datasets lists them",
        values: .asked(Known.datasets)
    )
}

/// A page about a sample and what comes out of it again.
private struct RecomputationSheet {
    private let result: JSONValue

    init(_ result: JSONValue) { self.result = result }

    var sheet: Sheet {
        let (stored, recomputed) = (result["stored"], result["recomputed"])
        var sheet = Sheet()
        let verdict = result["identical"].bool == true ? "every integer is identical" : "it differs"
        sheet.line("sample \(stored["sample"].text): \(stored["entity"].string ?? ""): \(verdict)")
        sheet.fact("time", stored["time"].string.map(shortTime))
        sheet.fact("configuration", result["config_id"].string)
        sheet.fact("calibration", result["calibration_id"].string ?? "none")
        sheet.fact("computed from", "\(result["histograms"].text) histograms")
        if let tick = result["after_tick"].asText {
            sheet.fact("beginning after", "tick \(tick): older ones are deleted")
        }
        let lines = [
            "tick", "queries", "score_milli", "level", "pinned", "lane", "evidence_units", "derived",
        ].map { ($0, stored[$0], recomputed[$0]) }
        let parts = zip(stored["contributions"].elements, recomputed["contributions"].elements).map {
            ("part \($0["name"].string ?? "")", $0["points"], $1["points"])
        }
        sheet.table(
            "Integers",
            [.value("what"), .number("stored"), .number("recomputed")],
            (lines + parts).filter { $0.1 != .null || $0.2 != .null }.map {
                .object(["what": .string($0.0), "stored": $0.1, "recomputed": $0.2])
            }
        )
        let differences = result["differences"].elements.compactMap(\.string)
        if !differences.isEmpty { sheet.line("Different: \(differences.joined(separator: ", "))") }
        return sheet
    }
}
