import Domain
import HTTPServer
import Testing

@testable import HTTPAPI

struct RequestTests {
    @Test func `every answer forbids what browsers might do with it`() async {
        let stage = Stage()
        for (path, role) in [("/api/v1/me", Role.viewer), ("/nothing", nil), ("/", nil)] as [(String, Role?)]
        {
            let response = await stage.ask("GET", path, as: role)
            let policy = response.header("Content-Security-Policy") ?? ""
            #expect(policy.contains("default-src 'none'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(response.header("X-Content-Type-Options") == "nosniff")
            #expect(response.header("Referrer-Policy") == "no-referrer")
            #expect(response.header("Strict-Transport-Security") == nil)
        }
        var settings = APIService.Settings.generous
        settings.isEncrypted = true
        let encrypted = await Stage(settings).ask("GET", "/livez")
        #expect(encrypted.header("Strict-Transport-Security") == "max-age=31536000")
        #expect(encrypted.header("Cache-Control") == "no-store")
    }

    @Test func `a problem says what is wrong, where, and in which form`() async {
        let response = await Stage(handlers: [
            .listEntities: { call in
                _ = try call.limit()
                return .done()
            }
        ]).ask("GET", "/api/v1/entities", query: [("limit", "1001")], as: .viewer)
        #expect(response.status == 400)
        #expect(response.header("Content-Type") == "application/problem+json")
        #expect(
            response.text == """
                {"type":"/problems/invalid","title":"The request is not right","status":400,\
                "detail":"limit: must be a whole number from 1 to 1000",\
                "errors":[{"field":"limit","message":"must be a whole number from 1 to 1000"}]}
                """
        )
    }

    @Test(
        arguments: [
            ("GET", "/nothing", 404, nil), ("GET", "/api/v1", 404, nil),
            ("GET", "/api/v1/entities/", 200, nil),
            ("GET", "/api//v1/me", 404, nil), ("GET", "/api/v1/entities/%zz", 400, nil),
            ("GET", "/api/v1/entities/a%00b", 400, nil), ("GET", "/api/v1/entities/%ff", 400, nil),
            ("POST", "/api/v1/overview", 405, "GET, HEAD"), ("GET", "/api/v1/silences/preview", 405, "POST"),
            ("PATCH", "/api/v1/silences", 405, "GET, HEAD, POST"), ("POST", "/", 405, "GET, HEAD"),
            ("HEAD", "/api/v1/overview", 200, nil), ("TRACE", "/livez", 405, "GET, HEAD"),
        ] as [(String, String, Int, String?)]
    )
    func `paths and methods`(method: String, path: String, status: Int, allow: String?) async {
        let response = await Stage().ask(method, path, as: .viewer)
        #expect(response.status == status)
        #expect(response.header("Allow") == allow)
    }

    @Test func `an encoded slash is part of an argument`() async {
        let stage = Stage(handlers: [
            .getEntity: { call in .json(["entity": "\(try call.entity(argument: "entity"))"]) }
        ])
        let response = await stage.ask("GET", "/api/v1/entities/user%3Aa%252Fb%2Fc%2Fd", as: .viewer)
        #expect(response.text == #"{"entity":"user:a%2Fb/c/d"}"#)
    }

    @Test func `what has not changed is not sent again`() async {
        let stage = Stage()
        let first = await stage.ask("GET", "/api/v1/me", as: .viewer)
        let tag = first.header("ETag")
        #expect(tag?.count == 34)
        for header in [tag ?? "", "W/\(tag ?? "")", "\"x\", \(tag ?? "")", "*"] {
            let second = await stage.ask("GET", "/api/v1/me", as: .viewer, headers: ["if-none-match": header])
            #expect(second.status == 304)
            #expect(second.body.isEmpty)
            #expect(second.header("ETag") == tag)
        }
        let other = await stage.ask("GET", "/api/v1/me", as: .viewer, headers: ["if-none-match": "\"x\""])
        #expect(other.status == 200)
    }

    @Test(arguments: [
        ("text/plain", "{}", 415), ("application/json; charset=utf-8", "{}", 200),
        ("Application/JSON", "{}", 200),
        ("application/json", "", 400), ("application/json", "{", 400), ("application/json", "[]", 400),
        ("application/json", String(repeating: "[", count: 17) + String(repeating: "]", count: 17), 400),
    ])
    func `bodies`(type: String, body: String, status: Int) async {
        let stage = Stage(handlers: [
            .addSilence: { call in
                _ = try call.body()
                return .done()
            }
        ])
        let response = await stage.ask(
            "POST",
            "/api/v1/silences",
            as: .operator,
            headers: ["content-type": type],
            body: body
        )
        #expect(response.status == (status == 200 ? 204 : status))
    }

    @Test func `members of a body are checked one by one`() throws {
        let body = try RequestBody(
            JSONNode.parse(Array(#"{"a":"text","n":3.0,"f":true,"l":["x","y"],"z":"\u0000"}"#.utf8))
        )
        #expect(try body.required("a", length: 1...4) == "text")
        #expect(try body.integer("n", 1...5) == 3)
        #expect(try body.flag("f") == true)
        #expect(try body.texts("l", count: 1...2, length: 1...1) == ["x", "y"])
        #expect(try body.text("missing", length: 1...4) == nil)
        for fails in [
            { _ = try body.text("a", length: 1...3) }, { _ = try body.text("n", length: 1...3) },
            { _ = try body.integer("n", 4...5) }, { _ = try body.integer("a", 4...5) },
            { _ = try body.flag("a") },
            { _ = try body.texts("l", count: 1...1, length: 1...1) },
            { _ = try body.required("missing", length: 1...4) },
            { _ = try body.text("z", length: 1...4) }, { try body.allow(only: "a", "n", "f", "l") },
        ] as [() throws -> Void] {
            #expect(throws: APIFailure.self) { try fails() }
        }
        #expect(throws: APIFailure.invalid("f", "is not known here")) {
            try body.allow(only: "a", "n", "l", "z")
        }
    }

    @Test(
        arguments: [
            ("now", 0), ("-90s", -90_000), ("-1h", -3_600_000), ("-7d", -604_800_000), ("-10m", -600_000),
            ("2027-01-15T08:00:00Z", 0), ("", nil), ("-", nil), ("-h", nil), ("-1w", nil), ("1h", nil),
            ("--1h", nil),
            ("-99999999999999999999h", nil), ("yesterday", nil),
        ] as [(String, Int64?)]
    )
    func `times`(text: String, offset: Int64?) {
        let expected = offset.map { Timestamp(milliseconds: Stage.now.milliseconds + $0) }
        #expect(TimeExpression.parse(text, now: Stage.now) == expected)
    }

    @Test func `a cursor is taken by its own list only`() async {
        let stage = Stage(handlers: [
            .listEntities: { call in
                let key = try call.cursor(of: "list", count: 2)
                return .json(["key": key?.joined(separator: "|") ?? "none"])
            }
        ])
        func ask(_ cursor: String) async -> HTTPResponse {
            await stage.ask("GET", "/api/v1/entities", query: [("cursor", cursor)], as: .viewer)
        }
        #expect(await ask(Cursor("list", ["a/\"b", "ü"]).text).text == #"{"key":"a/\"b|ü"}"#)
        for wrong in [Cursor("other", ["a", "b"]).text, Cursor("list", ["a"]).text, "x", "e30", "!!"] {
            #expect(await ask(wrong).status == 422)
        }
    }

    @Test func `too many requests of one token wait, and others do not`() async {
        var settings = APIService.Settings.generous
        settings.requestsPerMinute = 3
        let stage = Stage(settings)
        for _ in 0..<3 { #expect(await stage.ask("GET", "/api/v1/me", as: .viewer).status == 200) }
        let fourth = await stage.ask("GET", "/api/v1/me", as: .viewer)
        #expect(fourth.status == 429)
        #expect(fourth.header("Retry-After") == "20")
        #expect(await stage.ask("GET", "/api/v1/me", as: .operator).status == 200)
    }

    @Test func `whoever guesses tokens is slowed down`() async {
        let stage = Stage(APIService.Settings())
        var statuses: [Int] = []
        for _ in 0..<62 {
            statuses.append(
                await stage.ask("GET", "/api/v1/me", headers: ["authorization": "Bearer guess"]).status
            )
        }
        #expect(statuses.prefix(60).allSatisfy { $0 == 401 })
        #expect(statuses.suffix(2).allSatisfy { $0 == 429 })
    }
}
