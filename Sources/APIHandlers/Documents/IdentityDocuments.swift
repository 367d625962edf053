import Domain
import HTTPAPI
import Storage

struct MeDocument: Encodable, Sendable {
    let name: String
    let roles: [String]
    let via: String
    let csrfToken: String?
    let expiresAt: String?
    let may: [String]

    init(_ caller: Caller) {
        name = caller.name
        roles = caller.roles.map(\.rawValue)
        expiresAt = caller.expires?.description
        may = Permission.allCases.filter(caller.permissions.contains).map(\.rawValue)
        switch caller.means {
        case .token: (via, csrfToken) = ("token", nil)
        case .session(_, let token): (via, csrfToken) = ("session", token)
        case .socket: (via, csrfToken) = ("socket", nil)
        }
    }
}

struct TokenDocument: Encodable, Sendable {
    let token: Int64
    let name: String
    let roles: [String]
    let createdAt: String
    let createdBy: String
    let expiresAt: String
    let lastUsedAt: String?
    let revokedAt: String?
    let revokedBy: String?
    let active: Bool

    init(_ token: StoredToken, now: Timestamp) {
        self.token = token.id
        name = token.name
        roles = token.roles.map(\.rawValue)
        createdAt = token.created.description
        createdBy = token.createdBy
        expiresAt = token.expires.description
        lastUsedAt = token.lastUsed?.description
        revokedAt = token.revoked?.description
        revokedBy = token.revokedBy
        active = token.isActive(at: now)
    }
}

struct NewTokenDocument: Encodable, Sendable {
    let token: TokenDocument
    let secret: String
}

struct LoginLinkDocument: Encodable, Sendable {
    let url: String
    let expiresAt: String
}

struct AuditActionDocument: Encodable, Sendable {
    let number: Int64
    let time: String
    let actor: String
    let what: String
    let object: String
    let detail: String
    let address: String?

    init(_ place: AuditPlace, _ entry: AuditEntry) {
        number = place.number
        time = entry.time.description
        actor = entry.actor
        what = entry.what
        object = entry.object
        detail = entry.detail
        address = entry.address
    }
}

struct ReadDocument: Encodable, Sendable {
    let number: Int64
    let time: String
    let actor: String
    let observation: Int64
    let what: String
    let with: Int64?
    let reason: String
    let alert: String?
    let address: String

    init(_ number: Int64, _ read: ImageRead) {
        self.number = number
        time = read.time.description
        actor = read.actor
        observation = read.observation
        what = read.other == nil ? "image" : "difference"
        with = read.other
        reason = read.reason
        alert = read.alert?.description
        address = read.address
    }
}
