import Configuration
import Domain
import HTTPAPI
import HTTPServer
import Storage

extension RequestHandlers {
    func signIn(_ call: APICall) async throws -> APIAnswer {
        let body = try call.body()
        try body.allow(only: "token", "code")
        let token = try body.text("token", length: 1...256)
        let code = try body.text("code", length: 1...256)
        let proof: SignInProof
        switch (token, code) {
        case (let token?, nil): proof = .token(hash: SecretText.hash(of: token))
        case (nil, let code?): proof = .link(hash: SecretText.hash(of: code))
        default: throw APIFailure.invalid("", "give either token or code")
        }
        let cookie = SecretText.cookie
        let lifetime = configuration.api.sessionLifetime
        let begun = try await writers.lend {
            try await $0.begin(
                NewSession(hash: cookie.hash, expires: call.now + lifetime, address: call.address),
                with: proof,
                at: call.now
            )
        }
        guard let begun else {
            throw APIFailure.notSignedIn("that is unknown, used, expired or revoked")
        }
        let caller = Caller(
            token: begun.token.id,
            name: begun.token.name,
            roles: begun.token.roles,
            expires: begun.expires,
            means: .session(hash: cookie.hash, csrfToken: SecretText.csrfToken(of: cookie.text))
        )
        let seconds = max(0, begun.expires.milliseconds - call.now.milliseconds) / 1000
        return .created(MeDocument(caller), headers: [cookieHeader(cookie.text, seconds)])
    }

    func signOut(_ call: APICall) async throws -> APIAnswer {
        guard case .session(let hash, _) = call.caller?.means else { return .done() }
        try await writers.lend { store in
            try await store.endSession(hash: hash)
            try await store.write(entry(call, "session.end", call.actor))
        }
        hub.end(session: hash)
        return .done(headers: [cookieHeader("", 0)])
    }

    private func cookieHeader(_ value: String, _ seconds: Int64) -> HTTPResponse.Header {
        let secure = configuration.api.isEncrypted ? "; Secure" : ""
        return HTTPResponse.Header(
            "Set-Cookie",
            "riskd_session=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict\(secure)"
        )
    }

    func me(_ call: APICall) async throws -> APIAnswer {
        guard let caller = call.caller else { throw APIFailure.defect }
        return .json(MeDocument(caller))
    }

    func tokens(_ call: APICall) async throws -> APIAnswer {
        let tokens = try await readers.lend { try await $0.tokens() }
        return .json(PageDocument(items: tokens.map { TokenDocument($0, now: call.now) }))
    }

    func createToken(_ call: APICall) async throws -> APIAnswer {
        let body = try call.body()
        try body.allow(only: "name", "roles", "days")
        let name = try body.required("name", length: 1...64)
        let words = try body.texts("roles", count: 1...6, length: 1...16)
        let days = try body.integer("days", 1...365) ?? 90
        let request = try TokenRequest.checked(name: name, roles: words, days: days)
        let secret = SecretText.token
        let made = try await writers.lend {
            try await $0.create(
                request.token(secret, now: call.now),
                by: call.actor,
                from: call.address,
                at: call.now
            )
        }
        guard let made else {
            throw APIFailure.conflict("another token has the name \(name): revoke it first")
        }
        return .created(NewTokenDocument(token: TokenDocument(made, now: call.now), secret: secret.text))
    }

    func revokeToken(_ call: APICall) async throws -> APIAnswer {
        let id = try call.number(argument: "token")
        let isRevoked = try await writers.lend {
            try await $0.revokeToken(id, by: call.actor, from: call.address, at: call.now)
        }
        guard isRevoked else { throw APIFailure.notFound("there is no token \(id) that works") }
        hub.end(token: id)
        return .done()
    }

    func createLoginLink(_ call: APICall) async throws -> APIAnswer {
        let id = try call.number(argument: "token")
        let body = try call.body()
        try body.allow(only: "minutes")
        let minutes = try body.integer("minutes", 1...60) ?? 10
        let tokens = try await readers.lend { try await $0.tokens() }
        guard let token = tokens.first(where: { $0.id == id && $0.isActive(at: call.now) }) else {
            throw APIFailure.notFound("there is no token \(id) that works")
        }
        let code = SecretText.code
        let end = call.now + .seconds(minutes * 60)
        try await writers.lend {
            try await $0.addLink(
                hash: code.hash,
                token: token,
                expires: end,
                by: call.actor,
                from: call.address,
                at: call.now
            )
        }
        // In the fragment, which browsers send to nobody and which no log shows.
        let url = "\(configuration.api.link)/login#code=\(code.text)"
        return .created(LoginLinkDocument(url: url, expiresAt: end.description))
    }

    /// Knows callers by what is stored.
    var authority: Authority {
        Authority(
            caller: { text in
                let hash = SecretText.hash(of: text)
                guard let token = try await readers.lend({ try await $0.token(hash: hash) }) else {
                    return nil
                }
                let now = now()
                guard let caller = Caller(token, expires: token.expires, means: .token, now: now) else {
                    return nil
                }
                try await noteUse(of: token, at: now)
                return caller
            },
            sessionCaller: { cookie in
                let hash = SecretText.hash(of: cookie)
                guard let found = try await readers.lend({ try await $0.browserSession(hash: hash) }) else {
                    return nil
                }
                let means = Caller.Means.session(
                    hash: hash,
                    csrfToken: SecretText.csrfToken(of: cookie)
                )
                let now = now()
                guard let caller = Caller(found.token, expires: found.expires, means: means, now: now) else {
                    return nil
                }
                try await noteUse(of: found.token, at: now)
                return caller
            }
        )
    }

    private func noteUse(of token: StoredToken, at now: Timestamp) async throws {
        if let last = token.lastUsed, now - .seconds(60) < last { return }
        try await writers.lend { try await $0.noteUse(ofToken: token.id, at: now) }
    }
}

extension Caller {
    /// Nil when the token or the session does not work any more.
    fileprivate init?(_ token: StoredToken, expires: Timestamp, means: Means, now: Timestamp) {
        guard token.isActive(at: now), now < expires else { return nil }
        self.init(token: token.id, name: token.name, roles: token.roles, expires: expires, means: means)
    }
}
