package import Domain

/// A time in which nothing is deleted.
package struct LegalHold: Hashable, Sendable {
    package let number: Int64
    /// Since when, by the wall clock.
    package let since: Timestamp
    /// Why.
    package let reason: String
    /// Who wants it.
    package let actor: String
}
