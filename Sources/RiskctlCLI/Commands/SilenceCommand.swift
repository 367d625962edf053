import Console
import Domain
import Runtime
import WebClient

extension Command {
    /// `riskctl silence`: nobody is told for a while.
    static let silence = Command(
        "silence",
        "Make, try out, list and end silences",
        commands: [
            silences("list", ["ls"]),
            .asking(
                "add",
                "Silence alerts for a while; more than 24 h needs responder",
                discussion: """
                    Matchers are LABEL OPERATOR VALUE without blanks, such as user=svc-load, level=~low|medium or model!=fashion; \
                    all of them must match. user, campaign, endpoint, detector and source match alerts about one of these \
                    and no others; entity is the name of whatever an alert is about. --preview says what the silence would have hidden in the last 30 days, and makes none.
                    """,
                arguments: [.matcher],
                flags: [
                    .matcher,
                    Flag("for", value: "DURATION", "How long, such as 2h; 30d at most", values: .nothing),
                    Flag("from", value: "TIME", "From TIME on; now unless given", values: .nothing),
                    Flag("comment", value: "TEXT", "Why", values: .nothing),
                    Flag("preview", "Only say what it would have hidden"), OutputFormat.flag,
                ]
            ) { session in
                if session.invocation.has("preview") { return try await session.previewSilence() }
                try await session.addSilence()
            },
            .asking(
                "preview",
                "What a silence would have hidden in the last 30 days",
                arguments: [.matcher],
                flags: [.matcher, OutputFormat.flag]
            ) { session in try await session.previewSilence() },
            .asking(
                "expire",
                "End silences before their time",
                aliases: ["end"],
                arguments: [
                    Argument("SILENCE", "A silence's number", count: 1...1000, values: .asked(Known.silences))
                ],
                flags: [.yes]
            ) { session in
                let numbers = session.invocation.arguments
                if let wrong = numbers.first(where: { Int64($0) == nil }) {
                    throw UsageError("expected a silence's number, got '\(wrong)'")
                }
                try session.confirm("end \(counted(numbers.count, "silence"))")
                for number in numbers {
                    _ = try await session.client.ask(.delete, ["silences", number])
                    session.terminal.writeLine("silence \(number) is over")
                }
            },
        ]
    )

    static func silences(_ name: String, _ aliases: [String]) -> Command {
        .asking(
            name,
            "Silences, the newest first",
            aliases: aliases,
            flags: [Flag("over", "Those that are over, too"), .watch] + Flag.paging
        ) { session in
            try await session.write(.silences, ["over": session.invocation.has("over") ? "true" : nil])
        }
    }
}

extension Flag {
    fileprivate static let matcher = Flag(
        "matcher",
        value: "MATCHER",
        "A matcher; the same as an argument",
        isRepeatable: true,
        values: .nothing
    )
}

extension Argument {
    fileprivate static let matcher = Argument(
        "MATCHER",
        "Such as user=svc-load; all must match",
        count: 0...16,
        values: .words([
            "user=", "campaign=", "model=", "level=", "kind=", "source=", "detector=", "endpoint=", "entity=",
            "severity=", "alertname=",
        ])
    )
}

extension Session {
    private func matchers() throws(UsageError) -> JSONValue {
        let texts = invocation.arguments + invocation.values("matcher")
        guard !texts.isEmpty else { throw UsageError("expected a matcher such as user=svc-load") }
        return .array(texts.map { .string($0) })
    }

    fileprivate func addSilence() async throws {
        guard let text = invocation.value("for"), let duration = Duration(text: text), duration > .zero else {
            throw UsageError("expected --for with a duration such as 2h")
        }
        guard let comment = invocation.value("comment"), !comment.isEmpty else {
            throw UsageError("expected --comment with a reason")
        }
        var members: [JSONValue.Member] = [
            .init("matchers", try matchers()),
            .init("duration_seconds", .integer(duration.wholeMilliseconds / 1000)),
            .init("comment", .string(comment)),
        ]
        if let text = invocation.value("from") {
            members.append(.init("starts_at", .string(try Timestamp(typed: text, now: .now).description)))
        }
        let body = JSONValue.object(members)
        let silence = try await client.ask(.post, ["silences"], body: body)
        try report(silence, "silence \(silence["silence"].text) until \(silence["ends_at"].string ?? "")")
    }

    fileprivate func previewSilence() async throws {
        let preview = try await client.ask(
            .post,
            ["silences", "preview"],
            body: .object(["matchers": try matchers()])
        )
        try write(preview) {
            var sheet = Sheet()
            func count(_ key: String) -> String { preview[key].text }
            sheet.line(
                """
                In the last \(count("days")) days this would have hidden \(count("hidden_alerts")) of \(count("all_alerts")) \
                alerts and \(count("hidden_messages")) of \(count("all_messages")) messages.
                """
            )
            sheet.table("Nobody would have been told of", Listing.alerts.fields, preview["alerts"].elements)
            return sheet
        }
    }
}
