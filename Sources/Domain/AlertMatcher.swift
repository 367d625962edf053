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
}
