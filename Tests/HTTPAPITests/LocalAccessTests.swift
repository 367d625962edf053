import Domain
import HTTPServer
import Testing

@testable import HTTPAPI

/// Who may ask by the Unix socket without a token, and as what.
struct LocalAccessTests {
    private static let others = Role.allCases.filter { $0 != .admin }
    private static let all = [Role.admin] + others

    private static func access(
        own: UInt32 = 970,
        group: (number: UInt32, name: String, role: Role)? = (600, "riskd-operators", .operator)
    ) -> LocalAccess {
        LocalAccess(ownUser: own, group: group, name: { [0: "root", 970: "riskd", 1000: "alice"][$0] })
    }

    /// An account that asks, and the roles that it may have.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let user: UInt32
        var groups: Set<UInt32> = []
        var own: UInt32 = 970
        var hasGroup = true
        var group: UInt32 = 600
        let roles: [Role]
    }

    @Test(arguments: [
        Case(testDescription: "root", user: 0, groups: [0], roles: all),
        Case(testDescription: "riskd's own account", user: 970, groups: [970], roles: all),
        Case(testDescription: "a member of the group", user: 1000, groups: [1000, 600], roles: [.operator]),
        Case(testDescription: "root in the group stays root", user: 0, groups: [0, 600], roles: all),
        Case(testDescription: "somebody else", user: 1000, groups: [1000, 601], roles: []),
        Case(testDescription: "root's group is not root", user: 1000, groups: [0], roles: []),
        Case(testDescription: "riskd's own group is not its account", user: 1000, groups: [970], roles: []),
        Case(testDescription: "no group is named", user: 1000, groups: [600], hasGroup: false, roles: []),
        Case(testDescription: "a hidden account", user: 65_534, groups: [65_534], roles: []),
        Case(
            testDescription: "a hidden account where riskd is nobody",
            user: 65_534,
            own: 65_534,
            roles: []
        ),
        Case(
            testDescription: "a hidden group where the group is hidden",
            user: 1000,
            groups: [65_534],
            group: 65_534,
            roles: []
        ),
        Case(testDescription: "whom the kernel does not name", user: .max, roles: []),
    ])
    func `an account has these roles`(_ given: Case) {
        let group = given.hasGroup ? (given.group, "riskd-operators", Role.operator) : nil
        let access = Self.access(own: given.own, group: group)
        #expect(access.roles(of: LocalPeer(user: given.user, groups: given.groups)) == given.roles)
    }

    private static func stage(_ change: (inout APIService.Settings) -> Void = { _ in }) -> Stage {
        var settings = APIService.Settings.generous
        settings.local = access()
        change(&settings)
        return Stage(settings)
    }

    private static let root = LocalPeer(user: 0, groups: [0])
    private static let alice = LocalPeer(user: 1000, groups: [1000, 600])
    private static let bob = LocalPeer(user: 1001, groups: [1001])

    /// A request by the socket, and what comes of it.
    @Test(arguments: [
        ("GET", "/api/v1/tokens", root, [:], 200, #""actor":"local:root (uid 0)""#),
        ("DELETE", "/api/v1/tokens/1", root, [:], 200, #""actor":"local:root (uid 0)""#),
        ("GET", "/api/v1/audit/actions", root, [:], 403, "the role admin does not allow this"),
        (
            "GET", "/api/v1/audit/actions", root, ["riskd-role": "auditor"], 200,
            #""actor":"local:root (uid 0) as auditor""#
        ),
        ("GET", "/api/v1/tokens", root, ["riskd-role": "king"], 400, "must be one of viewer"),
        ("DELETE", "/api/v1/silences/1", alice, [:], 200, #""actor":"local:alice (uid 1000)""#),
        ("GET", "/api/v1/tokens", alice, [:], 403, "the role operator does not allow this"),
        (
            "GET", "/api/v1/tokens", alice, ["riskd-role": "admin"], 403,
            "alice (uid 1000) has the role operator at this socket, and no other"
        ),
        (
            "GET", "/api/v1/overview", bob, [:], 403,
            "? (uid 1001) has no role at this socket: be root or riskd's own account or be in the group riskd-operators"
        ),
        // Tokens count as everywhere, cookies for nothing.
        ("GET", "/api/v1/overview", bob, ["authorization": "Bearer viewer"], 200, #""actor":"viewer""#),
        ("GET", "/api/v1/overview", root, ["authorization": "Bearer wrong"], 401, "send a token that works"),
        ("GET", "/api/v1/overview", root, ["authorization": "Basic cm9vdDo="], 401, "send a token"),
        ("GET", "/api/v1/overview", bob, ["cookie": "riskd_session=admin"], 403, "has no role at"),
        ("GET", "/api/v1/overview", root, ["cookie": "riskd_session=viewer"], 200, "local:root"),
        // No page reaches a socket, so no name is wrong.
        ("GET", "/api/v1/overview", root, ["host": "evil.example"], 200, "local:root"),
    ])
    func `a request by the socket is answered so`(
        method: String,
        path: String,
        peer: LocalPeer,
        headers: [String: String],
        status: Int,
        text: String
    ) async {
        let stage = Self.stage { $0.hosts = HostNames(listening: "127.0.0.1", names: []) }
        let response = await stage.ask(method, path, headers: headers, from: "", at: peer)
        #expect(response.status == status)
        #expect(response.text.contains(text), "\(response.text)")
    }

    @Test func `nobody signs in by the socket`() async {
        let response = await Self.stage().ask(
            "POST",
            "/api/v1/session",
            at: Self.root,
            body: #"{"token":"viewer"}"#
        )
        #expect(response.status == 403)
    }

    @Test func `without rules nobody is known by the socket`() async {
        let stage = Self.stage { $0.local = nil }
        #expect(await stage.ask("GET", "/api/v1/overview", at: Self.root).status == 401)
    }

    @Test func `each account has the rate of a token, and one that is refused that of a stranger`() async {
        let stage = Self.stage { $0.requestsPerMinute = 20 }
        var statuses: [Int: Int] = [:]
        for _ in 0..<22 {
            statuses[await stage.ask("GET", "/api/v1/overview", at: Self.root).status, default: 0] += 1
        }
        #expect(statuses == [200: 20, 429: 2])
        #expect(await stage.ask("GET", "/api/v1/overview", at: Self.alice).status == 200)
        statuses = [:]
        for _ in 0..<4 {
            statuses[await stage.ask("GET", "/api/v1/overview", at: Self.bob).status, default: 0] += 1
        }
        #expect(statuses == [403: 2, 429: 2])
        #expect(await stage.ask("GET", "/api/v1/overview", as: .viewer).status == 200)
    }
}
