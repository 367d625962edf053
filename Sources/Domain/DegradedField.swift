/// A field of a record that was not used as it was logged, and why: the record was scored without it, or with less of it.
package struct DegradedField: Hashable, Sendable, CustomStringConvertible {
    /// The field, such as `source` or `prediction.probability`.
    package let field: String
    /// What was done or what was wrong, in a word such as `cut` or `out_of_range`.
    package let reason: String

    package init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    /// `FIELD:REASON`.
    package var description: String { "\(field):\(reason)" }

    /// Parses what ``description`` prints; nil when `text` has another form.
    ///
    /// - Parameter text: such as `source:cut`.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.init(String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}
