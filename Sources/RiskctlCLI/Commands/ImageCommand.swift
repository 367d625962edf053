import Console
import Runtime

extension Command {
    /// `riskctl image`: a query's image into a file; every look is written down.
    static let image = Command.asking(
        "image",
        "Save a query's image, or how it differs from another, as PNG; every look is logged",
        discussion:
            "Needs operator, responder or auditor. Who looked, when and why is in the read ledger before the image is sent.",
        arguments: [Argument("OBSERVATION", "Its sequence number", values: .nothing)],
        flags: [
            Flag("reason", value: "TEXT", "Why you look; written to the read ledger", values: .nothing),
            Flag("out", value: "FILE", "A new file, which only you can read"),
            Flag(
                "difference",
                value: "OBSERVATION",
                "A heat map of how it differs from this one",
                values: .nothing
            ),
            Flag("alert", value: "ALERT", "The alert that is looked into", values: .asked(Known.alerts)),
        ]
    ) { session in
        let invocation = session.invocation
        guard Int64(invocation.arguments[0]) != nil else {
            throw UsageError("expected an observation's number, got '\(invocation.arguments[0])'")
        }
        guard let reason = invocation.value("reason") else { throw UsageError("expected --reason TEXT") }
        guard let path = invocation.value("out") else { throw UsageError("expected --out FILE") }
        var alert: String?
        if let text = invocation.value("alert") { alert = try await session.alert(text) }
        let other = invocation.value("difference")
        let bytes = try await session.client.bytes(
            ["observations", invocation.arguments[0], other == nil ? "image" : "difference"],
            ["with": other, "reason": reason, "alert": alert]
        )
        try SecretFile.create(bytes, at: path)
        session.terminal.writeLine("\(bytes.count) bytes are in \(path)")
    }
}
