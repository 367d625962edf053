import Console
import Runtime
import WebClient

extension Command {
    static let auditErase = Command(
        "erase",
        "Put a random pseudonym in the place of a user's name, everywhere, for good (needs admin)",
        discussion: """
            Images, vectors, addresses, ids of records and the text of unusable lines go; scores stay. riskd does it between two \
            batches. It is refused while there is a legal hold or an alert of the user's that is not resolved.
            """,
        arguments: [Argument("USER", "The user's name, on all models", values: .asked(Known.users))],
        flags: [
            Flag(
                "reason",
                value: "TEXT",
                "Why, such as the request's number; without the name",
                values: .nothing
            ), .yes, OutputFormat.flag,
        ]
    ) { invocation in
        let session = try Session(invocation)
        guard let reason = invocation.value("reason"), !reason.isEmpty else {
            throw UsageError("expected --reason TEXT")
        }
        let user = invocation.arguments[0]
        try session.confirm("erase \(user) for good")
        var erasure = try await session.client.ask(
            .post,
            ["erasures"],
            body: .object(["user": .string(user), "reason": .string(reason)])
        )
        let number = erasure["erasure"].text
        while erasure["state"].string == "waiting" {
            try await Task.sleep(for: .milliseconds(500))
            erasure = try await session.client.get(["erasures", number])
        }
        if let refusal = erasure["refusal"].string { throw CommandFailure(refusal) }
        let done = erasure
        try session.write(done) {
            var sheet = Sheet()
            sheet.line("erasure \(number): \(done["pseudonym"].string ?? "") stands in the place of the name")
            sheet.table("Rows", [.value("dataset"), .number("rows")], done["rows"].elements)
            return sheet
        }
        return .ok
    }
}
