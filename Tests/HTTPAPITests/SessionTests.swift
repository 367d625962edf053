import Domain
import HTTPServer
import Testing

@testable import HTTPAPI

/// Browsers: what a page of somebody else could make them send must change nothing.
struct SessionTests {
    private let own = ["cookie": "a=b; riskd_session=operator", "host": "riskd.example.org"]

    private func post(_ headers: [String: String], on stage: Stage = Stage()) async -> Int {
        await stage.ask(
            "POST",
            "/api/v1/silences",
            headers: own.merging(headers) { $1 },
            body: "{}"
        ).status
    }

    @Test func `a session reads without more, and changes only with its CSRF token`() async {
        #expect(await Stage().ask("GET", "/api/v1/overview", headers: own).status == 200)
        #expect(await post([:]) == 403)
        #expect(await post(["x-csrf-token": ""]) == 403)
        #expect(await post(["x-csrf-token": "csrf-viewer"]) == 403)
        #expect(await post(["x-csrf-token": "csrf-operator"]) == 200)
    }

    @Test func `a token needs no CSRF token: no browser sends it by itself`() async {
        #expect(await Stage().ask("POST", "/api/v1/silences", as: .operator, body: "{}").status == 200)
    }

    @Test func `other origins and sites change nothing even with the CSRF token`() async {
        let token = ["x-csrf-token": "csrf-operator"]
        func post(_ headers: [String: String]) async -> Int {
            await self.post(token.merging(headers) { $1 })
        }
        #expect(await post(["origin": "http://riskd.example.org"]) == 200)
        #expect(await post(["origin": "https://riskd.example.org"]) == 403)
        #expect(await post(["origin": "http://riskd.example.org:81"]) == 403)
        #expect(await post(["origin": "http://evil.example.org"]) == 403)
        #expect(await post(["origin": "null"]) == 403)
        #expect(await post(["sec-fetch-site": "cross-site"]) == 403)
        #expect(await post(["sec-fetch-site": "same-site"]) == 403)
        #expect(await post(["sec-fetch-site": "same-origin"]) == 200)
    }

    @Test func `behind a proxy its origin is right`() async {
        var settings = APIService.Settings.generous
        settings.isEncrypted = true
        settings.origins = ["https://risk.hospital.example"]
        let token = ["x-csrf-token": "csrf-operator", "origin": "https://risk.hospital.example"]
        #expect(await post(token, on: Stage(settings)) == 200)
        #expect(await post(token) == 403)
    }

    @Test func `nobody is signed in from another site, and not too often`() async {
        var settings = APIService.Settings.generous
        settings.signInsPerMinute = 2
        let stage = Stage(settings)
        func signIn(_ headers: [String: String]) async -> Int {
            await stage.ask("POST", "/api/v1/session", headers: headers, body: #"{"token":"operator"}"#)
                .status
        }
        #expect(await signIn(["origin": "http://evil.example.org", "host": "a"]) == 403)
        #expect(await signIn(["origin": "http://a", "host": "a"]) == 200)
        #expect(await signIn([:]) == 200)
        #expect(await signIn([:]) == 429)
    }

    @Test func `a token goes before a cookie, and a broken one does not fall back to it`() async {
        let both = own.merging(["authorization": "Bearer viewer"]) { $1 }
        #expect(await Stage().ask("GET", "/api/v1/me", headers: both).text.contains("viewer"))
        for header in ["Bearer nobody", "Basic operator", "Bearer", "Bearer a b"] {
            let broken = own.merging(["authorization": header]) { $1 }
            #expect(await Stage().ask("GET", "/api/v1/me", headers: broken).status == 401)
        }
        #expect(
            await Stage().ask("GET", "/api/v1/me", headers: ["cookie": "riskd_session=nobody"]).status == 401
        )
        #expect(
            await Stage().ask("GET", "/api/v1/me", headers: ["cookie": "xriskd_session=operator"]).status
                == 401
        )
    }
}
