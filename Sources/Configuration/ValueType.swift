import Domain
import Runtime

/// The type of a key: how its text is read, printed and described.
struct ValueType<Value: Sendable>: Sendable {
    /// What a message says was expected, such as `a duration such as 10s`.
    let expected: String
    /// Unit and range for the reference.
    let note: String
    /// The value of a node; fails with a message.
    let read: @Sendable (YAMLNode, Scope) -> Result<Value, Complaint>
    /// The text that reads back as the value.
    let text: @Sendable (Value) -> String
}

/// What is wrong with a value, without the place.
struct Complaint: Error {
    let text: String
}

/// What reading a value depends on besides its text.
struct Scope: Sendable {
    /// The folder that relative paths start from.
    let baseDirectory: String

    /// `path`, made absolute.
    func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var rest = path[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        if rest.isEmpty || rest == "." { return baseDirectory }
        return baseDirectory == "/" ? "/\(rest)" : "\(baseDirectory)/\(rest)"
    }
}

extension ValueType {
    /// A type whose values are scalars.
    static func scalar(
        _ expected: String,
        note: String,
        text: @escaping @Sendable (Value) -> String,
        _ read: @escaping @Sendable (String, Scope) -> Result<Value, Complaint>?
    ) -> ValueType {
        ValueType(
            expected: expected,
            note: note,
            read: { node, scope in
                guard case .scalar(let given?) = node.content else {
                    return .failure(Complaint(text: "expected \(expected), got \(node.kind)"))
                }
                return read(given, scope)
                    ?? .failure(Complaint(text: "expected \(expected), got '\(escaped(given))'"))
            },
            text: text
        )
    }

    /// The same type, for a property that may be nil.
    var optional: ValueType<Value?> {
        ValueType<Value?>(
            expected: expected,
            note: note,
            read: { node, scope in self.read(node, scope).map { Optional($0) } },
            text: { value in value.map { self.text($0) } ?? "" }
        )
    }

    /// A list of values of this type.
    func list(of plural: String, count: Int? = nil) -> ValueType<[Value]> {
        let counted = count.map { "\($0) \(plural)" } ?? plural
        return ValueType<[Value]>(
            expected: "a list of \(counted)",
            note: "list of \(counted); each \(note)",
            read: { node, scope in
                guard case .sequence(let nodes) = node.content else {
                    return .failure(.init(text: "expected a list of \(counted), got \(node.kind)"))
                }
                if let count, nodes.count != count {
                    return .failure(.init(text: "expected a list of \(counted), got \(nodes.count)"))
                }
                var values: [Value] = []
                for (index, element) in nodes.enumerated() {
                    switch self.read(element, scope) {
                    case .success(let value): values.append(value)
                    case .failure(let message):
                        return .failure(.init(text: "element \(index + 1): \(message.text)"))
                    }
                }
                return .success(values)
            },
            text: { "[\($0.map(self.text).joined(separator: ", "))]" }
        )
    }
}

extension ValueType where Value == Int {
    /// A whole number.
    static func integer(_ range: ClosedRange<Int>, unit: String) -> ValueType {
        .scalar(
            "a whole number",
            note: "\(unit), \(range.lowerBound) ... \(range.upperBound)",
            text: { String($0) }
        ) { given, _ in
            guard let value = Int(given) else { return nil }
            return checked(value, range) { String($0) }
        }
    }

    /// A byte count.
    static func size(_ range: ClosedRange<Int>) -> ValueType {
        let low = ByteSize.text(range.lowerBound)
        let high = ByteSize.text(range.upperBound)
        return .scalar("a size such as 64MiB", note: "bytes, \(low) ... \(high)", text: { ByteSize.text($0) })
        {
            given,
            _ in
            guard let value = ByteSize.parse(given) else { return nil }
            return checked(value, range) { ByteSize.text($0) }
        }
    }
}

extension ValueType where Value == Double {
    /// A decimal number.
    static func number(_ range: ClosedRange<Double>, unit: String) -> ValueType {
        let note = "\(unit), \(numeral(range.lowerBound)) ... \(numeral(range.upperBound))"
        return .scalar("a number", note: note, text: { numeral($0) }) { given, _ in
            // Double's own parser also takes hexadecimal, "nan" and "inf".
            let isDecimal = given.utf8.allSatisfy { "0123456789.+-eE".utf8.contains($0) }
            guard isDecimal, let value = Double(given), value.isFinite else { return nil }
            return checked(value, range) { numeral($0) }
        }
    }

    /// One of a few numbers.
    static func number(oneOf values: [Double]) -> ValueType {
        let names = values.map { numeral($0) }.joined(separator: ", ")
        return .scalar("one of \(names)", note: "one of \(names)", text: { numeral($0) }) { given, _ in
            Double(given).flatMap { values.contains($0) ? .success($0) : nil }
        }
    }
}

extension ValueType where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>) -> ValueType {
        let note = "duration, \(range.lowerBound.text) ... \(range.upperBound.text)"
        return .scalar("a duration such as 200ms, 10s, 5m, 4h or 7d", note: note, text: { $0.text }) {
            given,
            _ in
            guard let value = Duration(text: given) else { return nil }
            return checked(value, range) { $0.text }
        }
    }
}

extension ValueType where Value == String {
    /// Text without control characters, at least one character.
    static func words(_ expected: String, note: String) -> ValueType {
        .scalar(expected, note: note, text: { quoted($0) }) { given, _ in
            checkedText(given).map { .success($0) } ?? .failure(.init(text: textRule))
        }
    }

    /// The path of a file or folder.
    static func path(_ note: String) -> ValueType {
        .scalar("a path", note: note, text: { quoted($0) }) { given, scope in
            checkedText(given).map { .success(scope.absolute($0)) } ?? .failure(.init(text: textRule))
        }
    }

    /// The path of a Unix socket, or nothing for none.
    static let socket = ValueType<String>.scalar(
        "a path",
        note: "path of at most 103 bytes, or '' for none",
        text: { quoted($0) }
    ) { given, scope in
        guard !given.isEmpty else { return .success("") }
        guard checkedText(given) != nil else { return .failure(.init(text: textRule)) }
        let path = scope.absolute(given)
        // The system's bound on such addresses.
        guard path.utf8.count <= 103 else { return .failure(.init(text: "must have at most 103 bytes")) }
        return .success(path)
    }

    /// A name that becomes part of other names.
    static let identifier = ValueType<String>.scalar(
        "a name",
        note: "a-z, A-Z, 0-9, - and _, 1 ... 64 of them",
        text: { $0 }
    ) { given, _ in
        let isPlain = given.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }
        guard isPlain, (1...64).contains(given.utf8.count) else {
            return .failure(
                .init(text: "must have 1 to 64 letters, digits, '-' or '_', got '\(escaped(given))'")
            )
        }
        return .success(given)
    }
}

extension ValueType where Value == String {
    /// The name of an alert's label.
    static let label = ValueType<String>.scalar(
        "a label",
        note: AlertLabel.names.joined(separator: ", "),
        text: { $0 }
    ) { given, _ in AlertLabel.names.contains(given) ? .success(given) : nil }
}

extension ValueType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words.
    static var choice: ValueType {
        let words = Value.allCases.map(\.rawValue)
        let listed = words.joined(separator: ", ")
        return .scalar("one of \(listed)", note: "one of \(listed)", text: { $0.rawValue }) { given, _ in
            if let value = Value(rawValue: given) { return .success(value) }
            guard let meant = closestMatch(to: given, in: words) else { return nil }
            return .failure(
                .init(text: "expected one of \(listed), got '\(escaped(given))'; did you mean '\(meant)'?")
            )
        }
    }
}

extension ValueType where Value == Bool {
    /// Yes or no.
    static let boolean = ValueType.scalar(
        "true or false",
        note: "true, false",
        text: { $0 ? "true" : "false" }
    ) {
        given,
        _ in
        switch given {
        case "true": .success(true)
        case "false": .success(false)
        default: nil
        }
    }
}

extension ValueType where Value == Configuration.Secret {
    /// Text that no message may show.
    static let secret = ValueType(
        expected: "text",
        note: "text",
        read: { node, _ in
            guard case .scalar(let given?) = node.content else {
                return .failure(.init(text: "expected text, got \(node.kind)"))
            }
            return checkedText(given).map { .success(.init($0)) } ?? .failure(.init(text: textRule))
        },
        text: { _ in "" }
    )
}

let textRule = "must not be empty or contain control characters"

func checkedText(_ text: String) -> String? {
    text.isEmpty || hasControl(text) ? nil : text
}

private func checked<Value: Comparable>(
    _ value: Value,
    _ range: ClosedRange<Value>,
    _ text: (Value) -> String
) -> Result<Value, Complaint> {
    guard range.contains(value) else {
        let bounds = "between \(text(range.lowerBound)) and \(text(range.upperBound))"
        return .failure(.init(text: "must be \(bounds), got \(text(value))"))
    }
    return .success(value)
}

/// A number without a needless fraction.
func numeral(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
}

/// Text as YAML takes it: plain where that is unambiguous.
func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F: true
        default: false
        }
    }
    if isPlain, let first = text.utf8.first, first != 0x2D { return text }
    return "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
}
