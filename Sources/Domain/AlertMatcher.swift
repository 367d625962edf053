/// A condition on one label of an alert, or on whom it is about.
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

    /// Which label: one of ``AlertLabel/names``, of which an alert without it has the empty text, or one of ``subjects``.
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
        // The short form is that of people, the long one that of payloads.
        let full = label == "kind" ? "entity_kind" : label
        guard AlertLabel.names.contains(full) || Self.subjects.contains(full) else {
            let known = (AlertLabel.names + Self.subjects).joined(separator: ", ")
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

extension AlertMatcher {
    /// Names that stand for alerts about one kind of subject: `user=fashion` is an alert about the user fashion, never one
    /// about the model of that name, and `user!=fashion` any other alert.
    ///
    /// `entity` is the name of any kind of subject; matchers on users that were stored before there were these say `entity`,
    /// and go on meaning every kind.
    package static let subjects = ["user", "campaign", "endpoint", "detector", "source"]

    /// The value that is compared.
    ///
    /// - Parameter alert: any.
    /// - Returns: the label's value, empty where the alert lacks it; nil where the alert is about another kind of subject, of
    ///   which `=` and `=~` never hold, and `!=` and `!~` always do.
    package func value(of alert: AlertSnapshot) -> String? {
        if Self.subjects.contains(label) { return alert.subject.kind == label ? alert.subject.id : nil }
        return alert.labels.first { $0.name == label }?.value ?? ""
    }
}
