import Console
import Domain
import Foundation
import Runtime

/// One run of a command: its words, and whom it asks.
struct Session: Sendable {
    let invocation: Invocation
    let client: RiskdClient

    var terminal: Terminal { invocation.terminal }
    var format: OutputFormat { invocation.format }

    /// A session with the riskd that flags, environment and files name.
    init(_ invocation: Invocation) throws {
        self.invocation = invocation
        let terminal = invocation.terminal
        let connection = try Connection(invocation, environment: ProcessInfo.processInfo.environment)
        client = try RiskdClient(connection) { terminal.note($0) }
    }

    /// A list with what `--limit`, `--all` and `-w` say.
    func write(_ listing: Listing, _ query: Query = [:]) async throws {
        if invocation.has("watch") { return try await Follower(self, listing, query).run() }
        guard listing.isPaged else {
            let items = try await client.get(listing.path, query)["items"].elements
            return write(listing.report(items))
        }
        let (items, isCut) = try await client.list(listing.path, query, limit: try limit())
        write(listing.report(items))
        if isCut { terminal.note("there are more: --limit COUNT or --all") }
    }

    /// Rows as `--output` says; nothing of a table without rows but a note.
    func write(_ report: Report) {
        if report.rows.isEmpty, format == .table { return terminal.note("none") }
        report.write(to: terminal, as: format)
    }

    /// A page for people, or the answer itself as `--output` says.
    func write(_ value: JSONValue, _ sheet: () -> Sheet) throws(UsageError) {
        switch format {
        case .table: sheet().write(to: terminal)
        case .json: terminal.writeJSON(value.prettyText + "\n")
        case .ndjson: terminal.writeJSON(value.text + "\n")
        case .yaml: terminal.write(value.yamlText)
        case .csv: throw UsageError("-o csv is for lists; this takes table, json, ndjson and yaml")
        }
    }

    /// A sentence for people, or the answer itself.
    func report(_ value: JSONValue, _ sentence: String) throws {
        try write(value) {
            var sheet = Sheet()
            sheet.line(sentence)
            return sheet
        }
    }

    /// How many items are wanted; nil: all.
    func limit() throws(UsageError) -> Int? {
        if invocation.has("all") {
            guard !invocation.has("limit") else { throw UsageError("--limit and --all exclude each other") }
            return nil
        }
        return try invocation.number("limit", 100, in: 1...10_000_000)
    }

    /// `--since` or `--until` as the API takes it.
    func time(_ flag: String) throws(UsageError) -> String? {
        guard let text = invocation.value(flag) else { return nil }
        return try Self.timeExpression(text, now: .now)
    }

    /// A time as people type it, in RFC 3339: `now`, `-1h` or `1h` (ago), or RFC 3339 itself.
    static func timeExpression(_ text: String, now: Timestamp) throws(UsageError) -> String {
        if !text.hasPrefix("-"), let duration = Duration(text: text) { return (now - duration).description }
        return try Timestamp(typed: text, now: now).description
    }

    /// Asks whether to go on with what cannot be undone.
    func confirm(_ question: String) throws { try invocation.confirm(question) }
}

extension Flag {
    static let limit = Flag("limit", value: "COUNT", "How many at most; 100 unless given", values: .nothing)
    static let all = Flag("all", "All of them, page after page")
    static let watch = Flag(
        "watch",
        short: "w",
        "Go on and write what changes, until interrupted; with json one object a line"
    )
    static let since = Flag(
        "since",
        value: "TIME",
        "Only from TIME on: RFC 3339, 1h or -1h (ago), now",
        values: .nothing
    )
    static let until = Flag("until", value: "TIME", "Only before TIME", values: .nothing)
    static let model = Flag("model", value: "MODEL", "Only this model's", values: .asked(Known.models))
    static let level = Flag(
        "level",
        value: "LEVEL",
        "Only this level and above (high and high+ mean the same)",
        values: .words(LevelText.words)
    )
    static let paging: [Flag] = [limit, all, OutputFormat.flag]
}

extension Invocation {
    /// The least level that `--level` asks for; a `+` behind it changes nothing.
    func level(_ flag: String = "level") throws(UsageError) -> String? {
        guard let text = value(flag) else { return nil }
        let word = text.hasSuffix("+") ? String(text.dropLast()) : text
        guard LevelText.words.contains(word) else {
            let hint = closestMatch(to: word, in: LevelText.words).map { "; did you mean '\($0)'?" } ?? ""
            throw UsageError(
                "--\(flag) must be one of \(LevelText.words.joined(separator: ", ")), got '\(text)'\(hint)"
            )
        }
        return word
    }
}

extension Command {
    /// A command that asks riskd.
    static func asking(
        _ name: String,
        _ summary: String,
        aliases: [String] = [],
        discussion: String = "",
        arguments: [Argument] = [],
        flags: [Flag] = [],
        run: @escaping @Sendable (Session) async throws -> Void
    ) -> Command {
        Command(
            name,
            summary,
            aliases: aliases,
            discussion: discussion,
            arguments: arguments,
            flags: flags
        ) { invocation in
            try await run(Session(invocation))
            return .ok
        }
    }
}
