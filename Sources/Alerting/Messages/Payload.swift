package import Domain

/// A message in one receiver's language.
package struct Payload: Hashable, Sendable {
    /// The media type of each part.
    package let contentType: String
    /// One HTTP body, or the lines of syslog; each below ``limit`` bytes.
    package let parts: [[UInt8]]

    /// No part is as long as this, in bytes (docs/webhooks.md#answer).
    package static let limit = 20_000

    init(contentType: String, parts: [[UInt8]]) {
        self.contentType = contentType
        self.parts = parts
    }
}

/// What all messages of a daemon have in common.
package struct MessageContext: Hashable, Sendable {
    /// Where people look at alerts, without a slash at its end; nil leaves links out.
    package var externalURL: String?
    /// The name of this machine, as receivers know it.
    package var host: String
    /// riskd's version.
    package var version: String
    /// riskd's process id.
    package var process: Int32
    /// The time of the attempt.
    package var now: Timestamp

    package init(
        externalURL: String? = nil,
        host: String,
        version: String,
        process: Int32,
        now: Timestamp
    ) {
        self.externalURL = externalURL
        self.host = host
        self.version = version
        self.process = process
        self.now = now
    }

    /// Where to look at an alert.
    func page(of alert: AlertSnapshot) -> String? { externalURL.map { "\($0)/alerts/\(alert.id)" } }
}

/// Why a message cannot be written.
package enum FormatError: Error, Hashable, CustomStringConvertible {
    /// It is too long however much is left out.
    case tooLong(bytes: Int)
    /// The endpoint's template is not one.
    case template(file: String, line: Int, reason: String)
    /// The endpoint lacks something that its format needs.
    case incomplete(reason: String)

    package var description: String {
        switch self {
        case .tooLong(let bytes): "the message has \(bytes) bytes; \(Payload.limit) is the most"
        case .template(let file, let line, let reason): "\(file), line \(line): \(reason)"
        case .incomplete(let reason): reason
        }
    }
}
