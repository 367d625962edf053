import Domain
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct IdentityTests {
    private let now = start

    private func token(_ name: String, _ hash: UInt8, roles: [Role] = [.operator]) -> NewToken {
        NewToken(
            hash: [UInt8](repeating: hash, count: 32),
            name: name,
            roles: roles,
            expires: now + .seconds(1000)
        )
    }

    @Test func `a token is found by its hash, and its name is free again once it is revoked`() async throws {
        let (store, _) = try await makeStore()
        let made = try #require(
            try await store.create(token("ada", 1, roles: [.viewer, .auditor]), by: "root", at: now)
        )
        #expect((made.name, made.createdBy) == ("ada", "root"))
        #expect(made.roles == [.viewer, .auditor])
        #expect(try await store.token(hash: token("ada", 1).hash) == made)
        #expect(try await store.token(hash: token("ada", 2).hash) == nil)
        #expect(try await store.create(token("ada", 2), by: "root", at: now) == nil)
        #expect(made.isActive(at: now + .seconds(999)))
        #expect(!made.isActive(at: now + .seconds(1000)))
        #expect(try await store.revokeToken(made.id, by: "eve", from: "192.0.2.1", at: now + .seconds(5)))
        #expect(try await store.revokeToken(made.id, by: "eve", at: now) == false)
        let revoked = try #require(try await store.token(hash: token("ada", 1).hash))
        #expect(!revoked.isActive(at: now))
        #expect(revoked.revokedBy == "eve")
        #expect(try await store.create(token("ada", 2), by: "root", at: now) != nil)
        let log = try await store.auditLog(of: nil, since: nil, until: nil, after: nil, limit: 10)
        #expect(log.map(\.entry.what) == ["token.revoke", "token.create", "token.create"])
        #expect(log.first?.entry.address == "192.0.2.1")
    }

    @Test func `use is noted once a minute`() async throws {
        let (store, _) = try await makeStore()
        let made = try #require(try await store.create(token("ada", 1), by: "root", at: now))
        for (seconds, noted) in [(0, 0), (59, 0), (61, 61)] {
            try await store.noteUse(ofToken: made.id, at: now + .seconds(seconds))
            #expect(try await store.tokens().first?.lastUsed == now + .seconds(noted))
        }
    }

    @Test func `a link signs in once, before its end`() async throws {
        let (store, _) = try await makeStore()
        let made = try #require(try await store.create(token("ada", 1), by: "root", at: now))
        func session(_ hash: UInt8) -> NewSession {
            NewSession(hash: [hash], expires: now + .seconds(5000), address: "192.0.2.7")
        }
        try await store.addLink(hash: [9], token: made, expires: now + .seconds(60), by: "root", at: now)
        try await store.addLink(hash: [8], token: made, expires: now + .seconds(60), by: "root", at: now)
        #expect(try await store.begin(session(1), with: .link(hash: [7]), at: now) == nil)
        let begun = try #require(try await store.begin(session(1), with: .link(hash: [9]), at: now))
        // Not longer than the token.
        #expect(begun.expires == now + .seconds(1000))
        #expect(try await store.begin(session(2), with: .link(hash: [9]), at: now) == nil)
        #expect(try await store.begin(session(2), with: .link(hash: [8]), at: now + .seconds(60)) == nil)
        #expect(try await store.begin(session(3), with: .token(hash: token("ada", 1).hash), at: now) != nil)
        #expect(try await store.browserSession(hash: [1])?.token.name == "ada")
        try await store.endSession(hash: [1])
        #expect(try await store.browserSession(hash: [1]) == nil)
        // With the token go its sessions.
        #expect(try await store.browserSession(hash: [3]) != nil)
        #expect(try await store.revokeToken(made.id, by: "root", at: now))
        #expect(try await store.browserSession(hash: [3]) == nil)
        #expect(try await store.begin(session(4), with: .token(hash: token("ada", 1).hash), at: now) == nil)
    }

    @Test func `the read ledger is asked by who, what and when`() async throws {
        let (store, _) = try await makeStore()
        for number in 1...5 {
            try await store.write(
                ImageRead(
                    time: now + .seconds(number),
                    actor: number % 2 == 0 ? "ada" : "bob",
                    observation: Int64(number),
                    other: number == 5 ? 2 : nil,
                    reason: awkward,
                    alert: nil,
                    address: "192.0.2.1"
                )
            )
        }
        func numbers(by actor: String? = nil, of observation: Int64? = nil, before number: Int64? = nil)
            async throws -> [Int64]
        {
            try await store.imageReads(
                by: actor,
                of: observation,
                since: nil,
                until: nil,
                before: number,
                limit: 3
            )
            .map(\.number)
        }
        #expect(try await numbers() == [5, 4, 3])
        #expect(try await numbers(before: 3) == [2, 1])
        #expect(try await numbers(by: "ada") == [4, 2])
        // Of a difference both images were looked at.
        #expect(try await numbers(of: 2) == [5, 2])
        let first = try await store.imageReads(by: nil, of: 1, since: nil, until: nil, before: nil, limit: 1)
        #expect(first.first?.read.reason == awkward)
    }

    @Test func `the audit log goes through all that people did, page by page`() async throws {
        let (store, _) = try await makeStore()
        let id = AlertID(ULID(time: now, digest: [UInt8](repeating: 1, count: 10)))
        for number in 0..<4 {
            // Two at the same time, in two tables.
            let time = now + .seconds(number)
            try await store.write(AuditEntry(time: time, actor: "ada", what: "x.\(number)", object: "o"))
            _ = try await store.request(
                .resolve(id, .benign),
                by: number == 3 ? Alert.riskd : "bob",
                note: "n",
                at: time
            )
        }
        var place: AuditPlace?
        var seen: [String] = []
        while true {
            let page = try await store.auditLog(of: nil, since: nil, until: nil, after: place, limit: 2)
            seen += page.map { "\($0.entry.what) \($0.entry.actor)" }
            guard page.count == 2, let last = page.last else { break }
            place = last.place
        }
        // What riskd did by itself is no person's deed.
        #expect(
            seen == [
                "x.3 ada", "x.2 ada", "alert.resolve bob", "x.1 ada", "alert.resolve bob", "x.0 ada",
                "alert.resolve bob",
            ]
        )
        let own = try await store.auditLog(
            of: "bob",
            since: now + .seconds(1),
            until: now + .seconds(2),
            after: nil,
            limit: 9
        )
        #expect(own.map(\.entry.detail) == ["verdict benign; n"])
    }
}
