/// How far people have come with an alert.
package enum AlertState: String, Hashable, Sendable, CaseIterable {
    /// Nobody has looked at it.
    case open
    /// Somebody has.
    case acknowledged
    /// It is over: somebody gave a verdict, or its level fell below the least that alerts.
    case resolved
}

/// What people found an alert to be.
package enum Verdict: String, Hashable, Sendable, CaseIterable {
    /// Somebody attacks the model.
    case attack
    /// Ordinary use.
    case benign
    /// An exercise.
    case test
    /// Nobody knows.
    case unknown
}
