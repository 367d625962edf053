import Domain
import HTTPServer
import Runtime
import Testing

@testable import HTTPAPI

/// What strangers do costs nobody else anything (attack A3 of docs/design/trials.md), and no page of theirs is
/// answered (attack A15).
struct StrangerTests {
    private static let refusing: [Operation: APIService.Handler] = [
        .signIn: { call in
            let body = try call.body()
            guard try body.text("token", length: 1...256) == "operator" else {
                throw APIFailure.notSignedIn("unknown")
            }
            return .done()
        }
    ]

    private static func settings(_ change: (inout APIService.Settings) -> Void = { _ in })
        -> APIService.Settings
    {
        var settings = APIService.Settings()
        settings.requestsPerMinute = 600
        settings.signInsPerMinute = 10
        change(&settings)
        return settings
    }

    @Test func `61 bad tokens from an address leave every good one from there as it was`() async {
        let stage = Stage(Self.settings())
        var statuses: [Int: Int] = [:]
        for number in 0..<61 {
            let bad = ["authorization": "Bearer guess-\(number)"]
            statuses[await stage.ask("GET", "/api/v1/me", headers: bad).status, default: 0] += 1
        }
        #expect(statuses == [401: 60, 429: 1])
        for role in Role.allCases {
            #expect(await stage.ask("GET", "/api/v1/me", as: role).status == 200, "\(role)")
        }
        let session = ["cookie": "riskd_session=operator"]
        #expect(await stage.ask("GET", "/api/v1/me", headers: session).status == 200)
        let other = ["authorization": "Bearer guess"]
        #expect(await stage.ask("GET", "/api/v1/me", headers: other).status == 429)
        #expect(await stage.ask("GET", "/api/v1/me", headers: other, from: "192.0.2.2").status == 401)
    }

    @Test func `ten failed attempts to sign in leave a good one from there as it was`() async {
        let stage = Stage(Self.settings(), handlers: Self.refusing)
        func signIn(_ token: String) async -> Int {
            await stage.ask("POST", "/api/v1/session", body: #"{"token":"\#(token)"}"#).status
        }
        for number in 0..<10 { #expect(await signIn("guess-\(number)") == 401) }
        #expect(await signIn("guess") == 429)
        for _ in 0..<10 { #expect(await signIn("operator") == 204) }
        #expect(await signIn("operator") == 429)
        #expect(await signIn("guess") == 429)
    }

    @Test func `one household's IPv6 addresses are one network`() async {
        let stage = Stage(Self.settings { $0.requestsPerMinute = 10 })
        let bad = ["authorization": "Bearer guess"]
        let statuses = await [
            stage.ask("GET", "/api/v1/me", headers: bad, from: "2001:db8:1:2::1").status,
            stage.ask("GET", "/api/v1/me", headers: bad, from: "2001:db8:1:2:a:b:c:d").status,
            stage.ask("GET", "/api/v1/me", headers: bad, from: "2001:db8:1:3::1").status,
        ]
        #expect(statuses == [401, 429, 401])
    }

    @Test func `behind a trusted proxy strangers are counted by where they are`() async throws {
        let proxy = try #require(NetworkRange("192.0.2.1"))
        let stage = Stage(
            Self.settings {
                $0.requestsPerMinute = 10
                $0.proxies = TrustedProxies([proxy])
            }
        )
        func ask(_ client: String, from peer: String = "192.0.2.1") async -> Int {
            let headers = ["authorization": "Bearer guess", "x-forwarded-for": client]
            return await stage.ask("GET", "/api/v1/me", headers: headers, from: peer).status
        }
        #expect(await ask("198.51.100.1") == 401)
        #expect(await ask("198.51.100.1") == 429)
        #expect(await ask("198.51.100.2") == 401)
        // Written by the stranger himself, before what the proxy adds.
        #expect(await ask("203.0.113.9, 198.51.100.1") == 429)
        // Who is no proxy speaks for nobody.
        #expect(await ask("203.0.113.1", from: "198.51.100.7") == 401)
        #expect(await ask("203.0.113.2", from: "198.51.100.7") == 429)
    }

    @Test(
        arguments: [
            ("192.0.2.1", "x-forwarded-for", "198.51.100.1", "198.51.100.1"),
            ("192.0.2.1", "x-forwarded-for", "198.51.100.1:4711", "198.51.100.1"),
            ("192.0.2.1", "x-forwarded-for", "198.51.100.1, 192.0.2.200", "198.51.100.1"),
            ("192.0.2.1", "x-forwarded-for", "10.0.0.1, 198.51.100.1", "198.51.100.1"),
            ("192.0.2.1", "x-forwarded-for", "198.51.100.1, unknown", "192.0.2.1"),
            ("192.0.2.1", "x-forwarded-for", "", "192.0.2.1"),
            ("192.0.2.1", "x-forwarded-for", "[2001:db8::1]:80", "2001:db8::1"),
            ("192.0.2.1", "x-forwarded-for", "::1", "::1"),
            ("192.0.2.1", "forwarded", "for=198.51.100.1", "192.0.2.1"),
            ("198.51.100.9", "x-forwarded-for", "203.0.113.1", "198.51.100.9"),
            ("::ffff:192.0.2.1", "x-forwarded-for", "203.0.113.1", "203.0.113.1"),
        ]
    )
    func `whom a proxy speaks for`(peer: String, name: String, value: String, client: String) throws {
        let proxies = TrustedProxies([try #require(NetworkRange("192.0.2.0/24"))])
        let request = HTTPRequest(method: "GET", path: "/", headers: [name: value], peer: peer)
        #expect(proxies.client(of: request) == client)
    }

    @Test(
        arguments: [
            (#"for=198.51.100.1;proto=https;by=203.0.113.43"#, "198.51.100.1"),
            (#"for=10.0.0.1, proto=https; For="[2001:db8:cafe::17]:4711""#, "2001:db8:cafe::17"),
            (#"for=_hidden"#, "192.0.2.1"), (#"for=198.51.100.1, proto=http"#, "192.0.2.1"),
        ]
    )
    func `whom a proxy speaks for by RFC 7239`(value: String, client: String) throws {
        let proxies = TrustedProxies([try #require(NetworkRange("192.0.2.1"))], header: .forwarded)
        let headers = ["forwarded": value, "x-forwarded-for": "203.0.113.99"]
        let request = HTTPRequest(method: "GET", path: "/", headers: headers, peer: "192.0.2.1")
        #expect(proxies.client(of: request) == client)
    }

    @Test(
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false), ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "::1", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "", false),
        ]
    )
    func `an address lies in a range or not`(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(NetworkRange(range)).contains(address) == isInside)
    }

    @Test(arguments: ["", "localhost", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/+8", "192.0.2", "::/129"])
    func `what is no range is refused`(text: String) { #expect(NetworkRange(text) == nil) }

    @Test(
        arguments: [
            ("127.0.0.1:9480", true), ("localhost:9480", true), ("LOCALHOST", true), ("[::1]:1", true),
            ("riskd.example.org", true), ("riskd.example.org.:443", true), ("127.0.0.1", true),
            ("rebound.example.net", false), ("rebound.example.net:9480", false), ("", false),
            ("192.0.2.1", false), ("localhost.example.net", false), ("riskd.example.org.example.net", false),
        ]
    )
    func `a Host that is no name of this server is refused everywhere`(host: String, isRight: Bool) async {
        let settings = Self.settings {
            $0.hosts = HostNames(listening: "127.0.0.1", names: ["riskd.example.org"])
        }
        for path in ["/api/v1/me", "/", "/livez", "/nothing"] {
            let response = await Stage(settings).ask("GET", path, as: .viewer, headers: ["host": host])
            #expect((response.status == 400) != isRight, "\(path)")
            #expect(isRight || response.text.contains("api.hosts"))
        }
    }

    @Test func `where every address is listened on every numeric Host is right`() {
        let names = HostNames(listening: "0.0.0.0", names: [])
        #expect(names.admit("192.0.2.1:9480"))
        #expect(names.admit("[2001:db8::1]"))
        #expect(!names.admit("rebound.example.net"))
        #expect(HostNames(listening: "2001:db8::1", names: []).admit("[2001:db8:0:0::1]:1"))
        #expect(names.admit(nil))
    }
}
