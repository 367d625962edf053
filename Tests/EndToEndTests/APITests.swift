import Foundation
import Glibc
import RiskdTesting
import Testing

extension LiveTests {
    /// The API of a `riskd run` over a replayed trace, asked as browsers and programs ask it.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct APITests {
        private struct Service {
            let sandbox: Sandbox
            let daemon: DaemonProcess
            let port: UInt16

            func caller(_ name: String, _ roles: String...) async throws -> WebCaller {
                let flags = roles.flatMap { ["--role", $0] }
                let made = try await sandbox.mustRiskctl(["token", "create", name] + flags)
                let token = made.output.filter { $0 != "\n" }
                #expect(token.hasPrefix("rkd_") && token.count == 47)
                return WebCaller(port: port, token: token)
            }
        }

        private func start() async throws -> Service {
            let sandbox = try await Fashion.replayed()
            try sandbox.append("", to: "app.ndjson")
            // These tests ask more often than anybody else.
            sandbox.settings.append("api.requests_per_minute=100000")
            let daemon = try sandbox.begin(["run"] + sandbox.flags + ["--follow", sandbox.path()])
            try await eventually("the API is served", within: .seconds(60), { daemon.errors }) {
                daemon.errors.contains("serving the API")
            }
            let line = try #require(
                daemon.errors.split(separator: "\n").first { $0.contains("serving the API") }
            )
            let text = try #require(line.split(separator: " ").first { $0.hasPrefix("port=") })
            return Service(sandbox: sandbox, daemon: daemon, port: try #require(UInt16(text.dropFirst(5))))
        }

        private func object(_ answer: WebCaller.Answer) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
        }

        private func items(_ answer: WebCaller.Answer) throws -> [[String: Any]] {
            try #require(try object(answer)["items"] as? [[String: Any]])
        }

        @Test func `nothing is told without a token, and no token exists before one is made`() async throws {
            let service = try await start()
            let stranger = WebCaller(port: service.port)
            #expect(stranger.ask("GET", "/livez").status == 200)
            #expect(stranger.ask("GET", "/").text.contains("<html"))
            #expect(stranger.ask("GET", "/api/v1/openapi.yaml").text.hasPrefix("openapi: 3.1.0"))
            for path in ["/api/v1/overview", "/api/v1/me", "/api/v1/events", "/metrics", "/api/v1/tokens"] {
                #expect(stranger.ask("GET", path).status == 401, "\(path)")
            }
            #expect(try await service.sandbox.numbers("select count(*) from riskd.api_token") == [0])
            // By the socket the kernel says who asks.
            let me = try await service.sandbox.mustRiskctl(["whoami", "-o", "json"]).output
            let who = try #require(try JSONSerialization.jsonObject(with: Data(me.utf8)) as? [String: Any])
            #expect(who["via"] as? String == "socket" && who["roles"] as? [String] == ["admin"])
            #expect((who["name"] as? String)?.hasSuffix("(uid \(getuid()))") == true)
            var status = stat()
            #expect(lstat(service.sandbox.socket, &status) == 0 && status.st_mode & 0o777 == 0o660)
            #expect(try await service.daemon.terminate().code == 0)
        }

        @Test func `a browser signs in by a link once, acts with its CSRF token, and signs out`() async throws
        {
            let service = try await start()
            _ = try await service.caller("ada", "operator")
            let link = try await service.sandbox.mustRiskctl(["token", "link", "ada"])
                .output
            let code = try #require(link.split(separator: "=").last?.filter { $0 != "\n" })
            #expect(link.contains("/login#code=rkl_"))
            var browser = WebCaller(port: service.port)
            let body = "{\"code\":\"\(code)\"}"
            #expect(
                browser.ask("POST", "/api/v1/session", headers: ["Origin": "http://evil"], json: body).status
                    == 403
            )
            let signed = browser.ask("POST", "/api/v1/session", json: body)
            #expect(signed.status == 201)
            #expect(browser.ask("POST", "/api/v1/session", json: body).status == 401)
            let cookie = try #require(signed.headers["set-cookie"])
            #expect(cookie.contains("; HttpOnly; SameSite=Strict") && !cookie.contains("Secure"))
            browser.headers["Cookie"] = String(cookie.prefix { $0 != ";" })
            let me = try object(browser.ask("GET", "/api/v1/me"))
            #expect(me["name"] as? String == "ada")
            let token = try #require(me["csrf_token"] as? String)
            let silence = #"{"matchers":["user=nobody"],"duration_seconds":60,"comment":"exercise"}"#
            #expect(browser.ask("POST", "/api/v1/silences", json: silence).status == 403)
            let made = browser.ask(
                "POST",
                "/api/v1/silences",
                headers: ["X-CSRF-Token": token],
                json: silence
            )
            #expect(made.status == 201)
            #expect(try await service.sandbox.texts("select creator from riskd.silence") == ["ada"])
            // A day is all that an operator may.
            let long = #"{"matchers":["user=nobody"],"duration_seconds":86401,"comment":"exercise"}"#
            #expect(
                browser.ask("POST", "/api/v1/silences", headers: ["X-CSRF-Token": token], json: long).status
                    == 403
            )
            #expect(browser.ask("DELETE", "/api/v1/session", headers: ["X-CSRF-Token": token]).status == 204)
            #expect(browser.ask("GET", "/api/v1/me").status == 401)
            let stored = try await service.sandbox.texts(
                "select hash::text || name from riskd.api_token union select hash::text from riskd.login_link"
            )
            #expect(!stored.contains { $0.contains("rkd_") || $0.contains(code) })
            #expect(!service.daemon.errors.contains(code))
            #expect(try await service.daemon.terminate().code == 0)
        }

        @Test func `what the API tells is what is stored`() async throws {
            let service = try await start()
            let viewer = try await service.caller("vera", "viewer")
            let row = "from riskd.sample where id = 700"
            let integers = try await service.sandbox.numbers(
                "select unnest(array[score, evidence, queries]) \(row)"
            )
            let sample = try object(viewer.ask("GET", "/api/v1/samples/700"))
            #expect(
                [sample["score_milli"], sample["evidence_units"], sample["queries"]].map { $0 as? Int }
                    == integers
            )
            #expect(
                try await service.sandbox.texts("select entity_kind || ':' || model \(row)") == [
                    sample["entity"] as? String ?? ""
                ]
            )
            let explanation = try object(viewer.ask("GET", "/api/v1/samples/700/explanation"))
            let queries = try #require(explanation["queries"] as? [[String: Any]])
            #expect(queries.count == integers.last)
            // Pages one after the other are the whole.
            var (path, records) = ("/api/v1/observations?limit=1000", [Int]())
            while true {
                let page = viewer.ask("GET", path)
                records += try items(page).compactMap { $0["observation"] as? Int }
                guard let next = try object(page)["next"] as? String else { break }
                path = "/api/v1/observations?limit=1000&cursor=\(next)"
            }
            #expect(records == Array((1...3193).reversed()))
            let changes = try items(viewer.ask("GET", "/api/v1/level-changes?limit=1000"))
            #expect(
                try await service.sandbox.numbers("select count(*) from riskd.level_change") == [
                    changes.count
                ]
            )
            // A series of few buckets has the extremes of all samples.
            let series = try object(
                viewer.ask(
                    "GET",
                    "/api/v1/entities/global/series?since=2026-03-02T00:00:00Z&until=2026-03-02T12:00:00Z&points=7"
                )
            )
            let buckets = try #require(series["points"] as? [[String: Any]])
            #expect(!buckets.isEmpty && buckets.count <= 7)
            let highest = buckets.compactMap { $0["max"] as? Double }.max() ?? 0
            let stored = try await service.sandbox.numbers(
                "select max(score) from riskd.sample where entity_kind = 'global' and time < '2026-03-02T12:00:00Z'"
            )
            #expect(Int((highest * 1000).rounded()) == stored.first)
            let samples = buckets.compactMap { $0["samples"] as? Int }.reduce(0, +)
            #expect(
                try await service.sandbox.numbers(
                    "select count(*) from riskd.sample where entity_kind = 'global' and time < '2026-03-02T12:00:00Z'"
                ) == [samples]
            )
            #expect(viewer.ask("GET", "/api/v1/entities/user%3Afashion%2Fnobody").status == 404)
            #expect(viewer.ask("GET", "/api/v1/samples/99999999").status == 404)
            #expect(try await service.daemon.terminate().code == 0)
        }

        @Test func `no image is shown without a line in the read ledger`() async throws {
            let service = try await start()
            let viewer = try await service.caller("vera", "viewer")
            let admin = try await service.caller("root", "admin")
            let responder = try await service.caller("ruth", "responder")
            let auditor = try await service.caller("olga", "auditor")
            let image = "/api/v1/observations/820/image"
            #expect(viewer.ask("GET", image + "?reason=x").status == 403)
            #expect(admin.ask("GET", image + "?reason=x").status == 403)
            #expect(responder.ask("GET", image).status == 400)
            #expect(try items(auditor.ask("GET", "/api/v1/audit/reads")).isEmpty)
            let shown = responder.ask("GET", image + "?reason=case%207")
            #expect(shown.status == 200)
            #expect(shown.body.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            #expect(shown.headers["cache-control"] == "no-store")
            let heat = responder.ask("GET", "/api/v1/observations/820/difference?with=818&reason=case%207")
            #expect(heat.headers["x-riskd-largest-difference"] != nil)
            let reads = try items(auditor.ask("GET", "/api/v1/audit/reads"))
            #expect(reads.compactMap { $0["what"] as? String } == ["difference", "image"])
            #expect(
                reads.allSatisfy { $0["actor"] as? String == "ruth" && $0["reason"] as? String == "case 7" }
            )
            // A ledger that cannot be written shows nothing.
            try await service.sandbox.execute("alter table riskd.read_ledger rename to away")
            #expect(responder.ask("GET", image + "?reason=x").status == 500)
            try await service.sandbox.execute("alter table riskd.away rename to read_ledger")
            let actions = try items(auditor.ask("GET", "/api/v1/audit/actions"))
            #expect(actions.count { $0["what"] as? String == "token.create" } == 4)
            try await audit(service, auditor)
            #expect(try await service.daemon.terminate().code == 0)
        }

        /// The auditors' datasets over the API are those of the command, to the byte.
        private func audit(_ service: Service, _ auditor: WebCaller) async throws {
            let path = "/api/v1/audit/datasets/samples"
            let until = "until=2026-03-03T00:00:00Z"
            let folder = service.sandbox.path("export")
            try await service.sandbox.succeed([
                "export", "audit", "samples", "--out", folder, "--until", "2026-03-03T00:00:00Z",
            ])
            let file = try Data(contentsOf: URL(filePath: folder + "/samples.ndjson"))
            let answer = auditor.ask("GET", "\(path)/export?\(until)")
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/x-ndjson")
            #expect(Data(unchunked(answer.body)) == file && file.count > 1_000_000)
            let manifest = try object(auditor.ask("GET", "\(path)/manifest?\(until)"))
            #expect(manifest["bytes"] as? Int == file.count)
            let recorded = try Data(contentsOf: URL(filePath: folder + "/manifest.json"))
            let files = (try JSONSerialization.jsonObject(with: recorded) as? [String: Any])?["files"]
            #expect(manifest["sha256"] as? String == (files as? [[String: Any]])?.first?["sha256"] as? String)
            var (numbers, next): ([Int], String?) = ([], nil)
            repeat {
                let cursor = next.map { "&cursor=\($0)" } ?? ""
                let page = try object(
                    auditor.ask("GET", "\(path)?\(until)&limit=1000&match=entity_kind%3Duser\(cursor)")
                )
                numbers += (page["items"] as? [[String: Any]] ?? []).compactMap { $0["sample"] as? Int }
                next = page["next"] as? String
            } while next != nil
            let expected = try await service.sandbox.numbers(
                "select id from riskd.sample where entity_kind = 'user' and time < '2026-03-03' order by id"
            )
            #expect(numbers == expected && numbers.count > 1000)
            #expect(auditor.ask("GET", "\(path)?match=colour%3Dred").status == 422)
            #expect(auditor.ask("GET", "/api/v1/audit/datasets/none").status == 404)
            let sample = "/api/v1/audit/sample?entity=user%3Afashion%2Fuser-037&at="
            #expect(
                try object(auditor.ask("GET", sample + "2026-03-03T00:00:00Z"))["entity"] as? String
                    == "user:fashion/user-037"
            )
            #expect(auditor.ask("GET", sample + "2020-01-01T00:00:00Z").status == 404)
            let hidden = try object(
                auditor.ask(
                    "GET",
                    "/api/v1/audit/hidden-alerts?since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z"
                )
            )
            #expect((hidden["hidden_alerts"] as? Int ?? 0) > 0)
            #expect(try items(auditor.ask("GET", "/api/v1/audit/false-alarms")).count >= 4)
        }

        /// The bytes of a body that was sent in chunks.
        private func unchunked(_ body: [UInt8]) -> [UInt8] {
            var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], body[...])
            while let end = rest.firstIndex(of: 0x0A),
                let count = Int(
                    String(decoding: rest[..<end], as: UTF8.self).filter { $0.isHexDigit },
                    radix: 16
                ), count > 0
            {
                bytes += rest[(end + 1)...].prefix(count)
                rest = rest[(end + 1)...].dropFirst(count + 2)
            }
            return bytes
        }

        @Test func `an alert is acted on, its reader is told, and a reader that was cut off misses nothing`()
            async throws
        {
            let service = try await start()
            let responder = try await service.caller("ruth", "responder")
            let alerts = try items(responder.ask("GET", "/api/v1/alerts?state=all&sort=newest"))
            let id = try #require(alerts.first { $0["state"] as? String == "resolved" }?["alert"] as? String)
            let path = "/api/v1/alerts/\(id)"
            async let heard = Task.detached { responder.listen("/api/v1/events", until: "event: tick") }
                .value
            try await Task.sleep(for: .milliseconds(500))
            let acted = responder.ask(
                "POST",
                path + "/actions",
                json: #"{"kind":"reopen","note":"seen"}"#
            )
            // A pipeline that is still closing the ticks since the log ended applies it a little later.
            #expect([200, 202].contains(acted.status), "\(acted.text)")
            let text = await heard
            #expect(text.contains("event: tick"))
            var history: [[String: Any]] = []
            try await eventually("the action is applied", within: .seconds(60), { service.daemon.errors }) {
                let detail = try object(responder.ask("GET", path))
                history = detail["events"] as? [[String: Any]] ?? []
                return history.contains { $0["kind"] as? String == "reopened" }
            }
            let reopened = history.last { $0["kind"] as? String == "reopened" }
            #expect(reopened?["actor"] as? String == "ruth")
            #expect(reopened?["note"] as? String == "seen")
            // From before everything on: more than is told again, or all of it; here all.
            let again = responder.listen(
                "/api/v1/events",
                headers: ["Last-Event-ID": "0.0"],
                until: "reopened"
            )
            #expect(again.contains("event: level"))
            #expect(again.contains("\"kind\":\"reopened\""))
            let lost = responder.listen(
                "/api/v1/events",
                headers: ["Last-Event-ID": "nonsense"],
                until: "event: reset"
            )
            #expect(lost.contains("event: reset"))
            #expect(try await service.daemon.terminate().code == 0)
        }

        @Test func `beyond loopback it listens with TLS only`() async throws {
            let sandbox = try await Sandbox()
            sandbox.settings.removeAll { $0.hasPrefix("api.listen") }
            sandbox.settings.append("api.listen=0.0.0.0:0")
            let result = try await sandbox.start().result()
            #expect(result.code == 1)
            #expect(result.errors.contains("api.listen"), "\(result.errors)")
            #expect(result.errors.contains("api.certificate"), "\(result.errors)")
        }
    }
}
