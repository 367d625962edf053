import Domain
import Runtime

extension ValueType where Value == AlertMatcher {
    /// A condition on a label.
    static let matcher = ValueType.scalar(
        "a condition such as model=fashion",
        note:
            "LABEL=VALUE, or with !=, =~ and !~; LABEL is alertname, entity, entity_kind, level, model or severity, or user, campaign, endpoint, detector or source for alerts about one of these",
        text: { quoted($0.description) }
    ) { given, _ in
        do throws(AlertMatcher.Complaint) {
            return .success(try AlertMatcher(parsing: given))
        } catch {
            return .failure(.init(text: error.text))
        }
    }
}

extension ValueType where Value == SecretReference {
    /// Where a secret is read from; never the secret.
    static let secretReference = ValueType.scalar(
        "a path or credential:NAME",
        note: "path of a file that only its owner may read, or credential:NAME",
        text: { $0.text }
    ) { given, scope in
        if given.hasPrefix("whsec_") || given.hasPrefix("whsk_") || given.contains("://") {
            return .failure(.init(text: "secrets are read from files: name one, or credential:NAME"))
        }
        return SecretReference(given, scope).map { .success($0) }
    }
}

extension SecretReference {
    /// `credential:NAME`, `file:PATH` or a path; nil when it is none of them.
    init?(_ text: String, _ scope: Scope) {
        if text.hasPrefix("credential:") {
            let name = String(text.dropFirst(11))
            guard !name.isEmpty, !name.contains("/"), checkedText(name) != nil else { return nil }
            self = .credential(name)
        } else {
            let path = text.hasPrefix("file:") ? String(text.dropFirst(5)) : text
            guard checkedText(path) != nil else { return nil }
            self = .file(scope.absolute(path))
        }
    }

    var text: String {
        switch self {
        case .credential(let name): "credential:\(name)"
        case .file(let path): quoted(path)
        }
    }
}

extension ValueType where Value == EndpointTarget {
    /// An address, which messages do not show because it may carry a token.
    static let target = ValueType(
        expected: "an address",
        note:
            "https://..., http://..., syslog+udp://HOST:PORT, also +tcp and +tls; or file:PATH or credential:NAME",
        read: { node, scope in
            guard case .scalar(let given?) = node.content else {
                return .failure(.init(text: "expected an address, got \(node.kind)"))
            }
            guard let text = checkedText(given) else { return .failure(.init(text: textRule)) }
            if text.hasPrefix("file:") || text.hasPrefix("credential:") {
                return SecretReference(text, scope).map { .success(.secretURL($0)) }
                    ?? .failure(.init(text: "expected file:PATH or credential:NAME"))
            }
            do throws(EndpointTarget.Complaint) {
                return .success(try EndpointTarget(parsing: text))
            } catch {
                return .failure(.init(text: error.text))
            }
        },
        text: { $0.redacted }
    )
}
