/// Names an alert: the time at which it opened, and a digest of what opened it.
package struct AlertID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 128 bits.
    package let value: ULID

    package init(_ value: ULID) { self.value = value }

    /// Parses what ``description`` prints; nil when `text` is not an id.
    package init?(_ text: String) {
        guard let value = ULID(text) else { return nil }
        self.value = value
    }

    package var description: String { value.description }

    package static func < (left: AlertID, right: AlertID) -> Bool { left.value < right.value }
}
