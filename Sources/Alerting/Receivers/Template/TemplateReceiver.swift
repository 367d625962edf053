import Domain
import Runtime

/// The user's own JSON: text with `{{placeholders}}` inside strings, or bare for numbers.
///
/// A placeholder's value is escaped as a JSON string's content, so it can end no string and begin no member. A template
/// whose result is not JSON is refused when it is read.
struct TemplateReceiver: Receiver {
    private enum Piece: Hashable {
        case text(String)
        case value(Placeholder)
    }

    /// What may stand between double braces.
    enum Placeholder: String, CaseIterable, Sendable {
        case type, timestamp, status, state, kind, entity, model, score, level, severity, lane, title,
            techniques, url
        case messageID = "message_id"
        case alertID = "alert_id"
        case dedupKey = "dedup_key"
        case previousLevel = "previous_level"
        case evidenceBits = "evidence_bits"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
        case sampleID = "sample_id"
        case alerts
    }

    private let pieces: [Piece]

    init(_ setup: ReceiverSetup) throws {
        guard let template = setup.template else {
            throw FormatError.incomplete(reason: "the format template needs a template")
        }
        try self.init(template, file: setup.endpoint.template ?? "template")
    }

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - text: the template.
    ///   - file: its name, for messages.
    /// - Throws: `FormatError.template` where a placeholder is unknown or open, or the result would not be JSON.
    init(_ text: String, file: String) throws(FormatError) {
        var pieces: [Piece] = []
        var rest = text[...]
        func line() -> Int { text[..<rest.startIndex].utf8.count { $0 == 10 } + 1 }
        while let open = rest.firstRange(of: "{{") {
            pieces.append(.text(String(rest[..<open.lowerBound])))
            rest = rest[open.lowerBound...]
            guard let close = rest.firstRange(of: "}}") else {
                throw .template(file: file, line: line(), reason: "a placeholder is not closed with }}")
            }
            let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<close.lowerBound].filter { $0 != " " }
            guard let placeholder = Placeholder(rawValue: name) else {
                let known = Placeholder.allCases.map(\.rawValue).sorted().joined(separator: ", ")
                let reason = "there is no placeholder \(printable(clipped(name, to: 80))); there are \(known)"
                throw .template(file: file, line: line(), reason: reason)
            }
            pieces.append(.value(placeholder))
            rest = rest[close.upperBound...]
        }
        pieces.append(.text(String(rest)))
        self.pieces = pieces
        // Numbers may be missing, so each placeholder is tried with and without a value.
        for sample in [Placeholder.sample, Placeholder.emptySample] {
            if let line = JSONSyntax.firstError(in: Array(filled(sample).utf8)) {
                let reason =
                    "the message would not be JSON; a placeholder that may be a text needs quotes around it"
                throw .template(file: file, line: line, reason: reason)
            }
        }
    }

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        let body = Array(filled { value(of: $0, message, context) }.utf8)
        guard body.count < Payload.limit else { throw .tooLong(bytes: body.count) }
        return Payload(contentType: "application/json", parts: [body])
    }

    private func filled(_ value: (Placeholder) -> JSONValue) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .value(let placeholder):
                switch value(placeholder) {
                case .string(let string): String(JSONValue.string(string).text.dropFirst().dropLast())
                case let other: other.text
                }
            }
        }.joined()
    }

    private func value(
        of placeholder: Placeholder,
        _ message: Message,
        _ context: MessageContext
    ) -> JSONValue {
        let alert = message.leader
        switch placeholder {
        case .type: return .string(message.type.rawValue)
        case .timestamp: return .string(message.timestamp.description)
        case .messageID: return .string(message.id.description)
        case .dedupKey: return .string(bounded(message.dedupKey, to: 1024))
        case .title: return .string(alert?.title ?? message.eventText)
        case .alerts: return .integer(Int64(message.total))
        case .status: return .string(alert?.status ?? "")
        case .state: return .string(alert?.state.rawValue ?? "")
        case .alertID: return .string(alert?.id.description ?? "")
        case .kind: return .string(alert?.subject.kind ?? "")
        case .entity: return .string(bounded(alert?.subject.id ?? ""))
        case .model: return .string(bounded(alert?.subject.model?.name ?? ""))
        case .score: return .number(Double(alert?.score ?? 0) / 1000)
        case .level: return .string(alert?.level.description ?? "")
        case .previousLevel: return .string(alert?.previousLevel.description ?? "")
        case .severity: return .string(alert?.severity ?? "info")
        case .lane: return .string(alert?.lane?.description ?? "")
        case .evidenceBits: return .number(alert?.evidenceBits ?? 0)
        case .techniques: return .string((alert?.techniques.prefix(16) ?? []).joined(separator: ", "))
        case .startsAt: return .string(alert?.startsAt.description ?? "")
        case .endsAt: return .string(alert?.endsAt?.description ?? "")
        case .sampleID: return .integer(alert?.sampleID ?? 0)
        case .url: return .string(alert.flatMap { context.page(of: $0) } ?? context.externalURL ?? "")
        }
    }
}

extension TemplateReceiver.Placeholder {
    /// Whether the value is always a number.
    private var isNumber: Bool {
        switch self {
        case .score, .evidenceBits, .sampleID, .alerts: true
        default: false
        }
    }

    fileprivate static func sample(_ placeholder: Self) -> JSONValue {
        placeholder.isNumber ? .number(1.5) : .string("a \"quoted\" \\ text\n")
    }

    fileprivate static func emptySample(_ placeholder: Self) -> JSONValue {
        placeholder.isNumber ? .integer(0) : .string("")
    }
}
