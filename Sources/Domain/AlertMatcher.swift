/// A condition on one label of an alert.
package struct AlertMatcher: Hashable, Sendable {
    /// How the label's value is compared.
    package enum Operator: String, Hashable, Sendable, CaseIterable {
        /// The same text.
        case equal = "="
        /// Another text.
        case notEqual = "!="
        /// The whole value matches a regular expression.
        case matches = "=~"
        /// The whole value does not match a regular expression.
        case matchesNot = "!~"
    }

    /// Which label; an alert without it has the empty text.
    package let label: String
    /// How it is compared.
    package let comparison: Operator
    /// A text or a regular expression.
    package let value: String

    /// A condition.
    package init(_ label: String, _ comparison: Operator, _ value: String) {
        self.label = label
        self.comparison = comparison
        self.value = value
    }
}

extension AlertMatcher: CustomStringConvertible {
    /// Such as `model=chest-xray-v7` or `entity=~u-.*`.
    package var description: String { "\(label)\(comparison.rawValue)\(value)" }

    /// Why a text is no condition.
    package struct Complaint: Error, Hashable, Sendable {
        /// In words.
        package let text: String
    }

    /// Parses what ``description`` prints.
    ///
    /// - Parameter text: a label's name, one of `=`, `!=`, `=~` and `!~`, and a value, which may stand in double quotes.
    /// - Throws: `Complaint` when it is something else.
    package init(parsing text: String) throws(Complaint) {
        let name = text.prefix { $0 != "=" && $0 != "!" && $0 != "~" }
        let rest = text[name.endIndex...]
        let longestFirst: [Operator] = [.notEqual, .matches, .matchesNot, .equal]
        let comparison = longestFirst.first { rest.hasPrefix($0.rawValue) }
        guard let comparison else {
            throw Complaint(text: "expected a condition such as model=fashion or entity=~u-.*, got '\(text)'")
        }
        let label = String(name.filter { $0 != " " })
        // The short forms are those of people, the long ones those of payloads.
        let full = ["user": "entity", "kind": "entity_kind"][label] ?? label
        guard AlertLabel.names.contains(full) else {
            let known = AlertLabel.names.joined(separator: ", ")
            throw Complaint(text: "'\(label)' is no label of an alert: expected one of \(known)")
        }
        var value = String(rest.dropFirst(comparison.rawValue.count).drop { $0 == " " })
        if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
            value = String(value.dropFirst().dropLast())
        }
        if comparison == .matches || comparison == .matchesNot {
            do {
                _ = try Regex(value)
            } catch {
                throw Complaint(text: "'\(value)' is no regular expression")
            }
        }
        self.init(full, comparison, value)
    }
}
