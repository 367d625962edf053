import Domain

/// Knows who presents what.
package struct Authority: Sendable {
    /// The caller of a token; nil when it is unknown, expired or revoked.
    package let caller: @Sendable (_ token: String) async throws -> Caller?
    /// The caller of a session's cookie; nil likewise.
    package let sessionCaller: @Sendable (_ cookie: String) async throws -> Caller?

    package init(
        caller: @escaping @Sendable (_ token: String) async throws -> Caller?,
        sessionCaller: @escaping @Sendable (_ cookie: String) async throws -> Caller?
    ) {
        self.caller = caller
        self.sessionCaller = sessionCaller
    }
}
