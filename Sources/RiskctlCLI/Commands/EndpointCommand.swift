import Console
import Runtime
import WebClient

extension Command {
    /// `riskctl endpoint`: who is told.
    static let endpoint = Command(
        "endpoint",
        "Look after those who are told of alerts",
        commands: [
            endpoints("list", ["ls"]),
            .asking(
                "attempts",
                "Attempts to deliver messages to an endpoint, the newest first",
                arguments: [.endpoint],
                flags: [
                    Flag("message", value: "ID", "Only those with this message", values: .nothing), .watch,
                ] + Flag.paging
            ) { session in
                try await session.write(
                    .attempts(session.invocation.arguments[0]),
                    ["message": session.invocation.value("message")]
                )
            },
            Command(
                "test",
                "Send a test message now (needs admin); fails when it is not delivered",
                arguments: [.endpoint],
                flags: [OutputFormat.flag]
            ) { invocation in
                let session = try Session(invocation)
                let name = invocation.arguments[0]
                let receipt = try await session.client.ask(.post, ["endpoints", name, "test"])
                let outcome = receipt["outcome"].string ?? ""
                try session.report(receipt, "\(name): \(outcome): \(receipt["detail"].string ?? "")")
                return outcome == "delivered" ? .ok : .error
            },
            .asking(
                "resend",
                "Send messages again, under the same ids, whatever became of them (needs admin)",
                arguments: [.endpoint],
                flags: [
                    Flag(
                        "since",
                        value: "TIME",
                        "Those made from TIME on: RFC 3339, 1h or -1h (ago)",
                        values: .nothing
                    ), .yes,
                    OutputFormat.flag,
                ]
            ) { session in
                let name = session.invocation.arguments[0]
                guard let since = try session.time("since") else { throw UsageError("expected --since TIME") }
                try session.confirm("send all messages since \(since) to \(name) again")
                let result = try await session.client.ask(
                    .post,
                    ["endpoints", name, "resend"],
                    body: .object(["since": .string(since)])
                )
                try session.report(
                    result,
                    "\(counted(Int(result["messages"].integer ?? 0), "message")) sent again to \(name)"
                )
            },
            switching("enable", "Let messages go to an endpoint again (needs admin)", isOn: true),
            switching("disable", "Let messages of an endpoint wait (needs admin)", isOn: false),
        ]
    )

    static func endpoints(_ name: String, _ aliases: [String]) -> Command {
        .asking(
            name,
            "Who is told of alerts, and whether messages arrive",
            aliases: aliases,
            flags: [.watch, OutputFormat.flag]
        ) { session in try await session.write(.endpoints) }
    }

    private static func switching(_ name: String, _ summary: String, isOn: Bool) -> Command {
        .asking(
            name,
            summary,
            arguments: [.endpoint],
            flags: [Flag("reason", value: "TEXT", "Why; others read it", values: .nothing)]
                + (isOn ? [] : [.yes])
        ) { session in
            let name = session.invocation.arguments[0]
            guard let reason = session.invocation.value("reason"), !reason.isEmpty else {
                throw UsageError("expected --reason TEXT")
            }
            if !isOn { try session.confirm("let nobody behind \(name) be told") }
            _ = try await session.client.ask(
                .put,
                ["endpoints", name, "state"],
                body: .object(["enabled": .bool(isOn), "reason": .string(reason)])
            )
            session.terminal.writeLine("\(name) is \(isOn ? "enabled" : "disabled")")
        }
    }
}

extension Argument {
    static let endpoint = Argument("ENDPOINT", "Its configured name", values: .asked(Known.endpoints))
}
