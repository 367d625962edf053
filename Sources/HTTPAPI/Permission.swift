package import Domain

/// What a route needs of whoever calls it (docs/api.md#who-may-what); everything that is not named is denied.
package enum Permission: String, Hashable, Sendable, CaseIterable, Codable {
    /// Levels, series, alerts, evidence without images.
    case read
    /// Acknowledge, assign, note, resolve, reopen; silence for 24 h at most.
    case act
    /// Confirm attacks; silence for longer.
    case lead
    /// Reveal images, each look being logged.
    case images
    /// Try out what a silence would hide.
    case preview
    /// Endpoints; tokens are made and revoked.
    case manage
    /// People's names are taken out.
    case erase
    /// Tokens are listed.
    case tokens
    /// Ledgers.
    case audit
    case metrics
}

extension Role {
    /// What the role allows.
    package var permissions: Set<Permission> {
        switch self {
        case .viewer: [.read]
        case .operator: [.read, .act, .images, .preview]
        case .responder: [.read, .act, .lead, .images, .preview]
        case .admin: [.read, .manage, .erase, .tokens, .metrics]
        case .auditor: [.read, .images, .preview, .tokens, .audit]
        case .scrape: [.metrics]
        }
    }

    /// Whether the roles may be one person's: who runs the service sees no images and judges no alerts.
    ///
    /// - Parameter roles: what a token shall allow.
    /// - Returns: false where `admin` comes with a role that sees images.
    package static func areCompatible(_ roles: [Role]) -> Bool {
        !roles.contains(.admin) || !roles.contains { $0.permissions.contains(.images) }
    }
}
