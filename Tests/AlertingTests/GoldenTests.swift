import Domain
import Foundation
import Testing

@testable import Alerting

/// Each format's messages, byte for byte, as files that a person has looked at.
@Suite struct GoldenTests {
    static let formats: [(name: String, format: any Receiver)] = [
        ("native", NativeReceiver(isGrouped: false)),
        ("native-grouped", NativeReceiver(isGrouped: true)),
        ("alertmanager", AlertmanagerReceiver(name: "riskd-soc")),
        ("alertmanager-push", AlertmanagerPushReceiver()),
        ("pagerduty", PagerDutyReceiver(routingKey: "R0000000000000000000000000000000")),
        ("slack", SlackReceiver()),
        ("ocsf", OCSFReceiver()),
        ("syslog", SyslogReceiver()),
        ("cef", CEFReceiver()),
    ]

    @Test(arguments: formats.map(\.name))
    func `messages are those of the golden file`(name: String) throws {
        let format = try #require(Self.formats.first { $0.name == name }).format
        var text = ""
        for (example, message) in try Examples.all() {
            text += "# \(example)\n"
            guard let payload = try format.render(message, Examples.context) else {
                text += "(nothing is sent)\n"
                continue
            }
            for part in payload.parts { text += String(decoding: part, as: UTF8.self) + "\n" }
        }
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
        // Written anew where somebody asks for it, to be looked at before it is committed.
        if ProcessInfo.processInfo.environment["RISKD_WRITE_GOLDEN"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try text == String(contentsOf: file, encoding: .utf8))
    }

    /// The body of docs/webhooks.md#native, with its links, and its signature: computed by another program.
    @Test func `the native message is that of the specification`() throws {
        let message = try Examples.message(.alertFiring, [Examples.alert()])
        let payload = try NativeReceiver(isGrouped: false).render(message, Examples.context)
        let body = try #require(payload?.parts.first)
        #expect(body.count == 916)
        let signer = try WebhookSigner(
            .hmac,
            secrets: [Secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", source: "test")]
        )
        let signature = try signer.signature(id: "msg_01J6Q7R9Z0", timestamp: 1_788_257_741, body: body)
        #expect(signature == "v1,PYZAf8ytpDDmskOrLIgJ4Q5uenngrNvL1TL6AAynzOg=")
    }
}
