import Alerting
import Configuration
import Console
import Domain
import Foundation
import Notifying
import Pipeline
import Runtime
import Storage

extension Command {
    /// `riskd rotate-secret`: another secret of an endpoint; it lies in a file of this machine.
    static let rotateSecret = Command(
        "rotate-secret",
        "Exchange the secret that an endpoint's messages are signed with",
        discussion: """
            Writes a new secret into the endpoint's file and keeps the old one beside it, in FILE.previous; until --overlap is \
            over messages carry the signatures of both. A running riskd reads secrets anew for each message, so nothing has \
            to be restarted. The secret itself is not printed: the receiver's people get it from the file. Secrets of the \
            service manager (credential:) are exchanged where it keeps them, by naming the new one before the old one.
            """,
        arguments: [Argument("ENDPOINT", "An endpoint's name")],
        flags: [
            Flag(
                "overlap",
                value: "DURATION",
                "How long the old secret signs as well; 24h unless given, at most 30d"
            ),
            Flag("from", value: "FILE", "A file with the new secret, where the receiver makes it"),
            Flag("finish", "Take the old secret out of force now; nothing else changes"),
            .actor, .config, .set,
        ]
    ) { invocation in
        guard let overlap = Duration(text: invocation.value("overlap") ?? "24h"), overlap >= .zero,
            overlap <= .seconds(30 * 86_400)
        else { throw UsageError("expected --overlap with a duration such as 24h, at most 30d") }
        let actor = try invocation.actor()
        return try await invocation.withStore { store, configuration in
            let name = try configuration.endpoint(invocation.arguments[0])
            guard let endpoint = AlertSettings(configuration).endpoints.first(where: { $0.name == name })
            else {
                throw UsageError("there is no endpoint \(name)")
            }
            let rotation = try SecretRotation(of: endpoint)
            let reader = SecretReader.ofProcess
            func note(_ detail: String) async throws {
                try await store.write(
                    AuditEntry(
                        time: .now,
                        actor: actor,
                        what: "endpoint.rotate",
                        object: name,
                        detail: detail
                    )
                )
            }
            if invocation.has("finish") {
                guard try rotation.previous(reader) != nil else {
                    invocation.terminal.writeError("\(name) has no old secret")
                    return .error
                }
                try rotation.end()
                try await note("the old secret is out of force")
                invocation.terminal.writeLine("\(name): the old secret signs no more")
                return .ok
            }
            let new = try invocation.value("from").map {
                try reader.read(.file(URL(fileURLWithPath: $0).path))
            }
            let outcome = try rotation.rotate(endpoint.signing, to: new, overlap: overlap, reader, at: .now)
            let end =
                outcome.overlapsUntil.map { "the old one signs as well until \($0)" }
                ?? "the old one signs no more"
            try await note(end)
            invocation.terminal.writeLine("\(name): a new secret is in \(rotation.path); \(end)")
            if let key = outcome.publicKey { invocation.terminal.writeLine("its public key: \(key)") }
            return .ok
        }
    }
}

extension SecretRotation {
    /// The exchange of an endpoint's secret.
    ///
    /// - Throws: `UsageError` where riskd cannot write a new one.
    fileprivate init(of endpoint: Endpoint) throws(UsageError) {
        guard endpoint.signing != .none else {
            throw UsageError("the messages to \(endpoint.name) are not signed")
        }
        guard endpoint.secrets.count == 1 else {
            throw UsageError(
                "\(endpoint.name) has two secrets: take the old one out of the configuration first"
            )
        }
        guard case .file(let path)? = endpoint.secrets.first else {
            throw UsageError(
                "the secret of \(endpoint.name) is a credential of the service manager, which riskd cannot write"
            )
        }
        self.init(path: path)
    }
}

extension Configuration {
    /// The name of a configured endpoint that somebody typed.
    fileprivate func endpoint(_ name: String) throws(UsageError) -> String {
        guard alerting.endpoints.contains(where: { $0.name == name }) else {
            let known = alerting.endpoints.map(\.name).joined(separator: ", ")
            throw UsageError(
                known.isEmpty
                    ? "alerting.endpoints is empty: give --config"
                    : "'\(name)' is no endpoint: expected \(known)"
            )
        }
        return name
    }
}
