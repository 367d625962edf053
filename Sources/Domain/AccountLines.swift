/// How many of an account's lines could not be used, as far as it is remembered.
package struct AccountLines: Hashable, Sendable {
    package let user: UserID
    /// Lines that could not be used, at most.
    package var unusable: Int64
    /// How many of them may be others'.
    package var uncertain: Int64
    /// Lines that were used since it is remembered.
    package var used: Int64
    /// Why the last unusable one was: a dead letter's reason, or `unseen`: no detector had anything to go by.
    package var reason: String

    /// An account's lines.
    package init(user: UserID, unusable: Int64, uncertain: Int64, used: Int64, reason: String) {
        self.user = user
        self.unusable = unusable
        self.uncertain = uncertain
        self.used = used
        self.reason = reason
    }

    /// Unusable lines that are certainly its own.
    package var certain: Int64 { unusable - uncertain }
}
