import Crypto
import Domain
import Foundation
import HTTPServer
import RiskdTesting
@testable import Runtime
import Testing

@testable import Alerting

@Suite(.timeLimit(.minutes(2))) struct DeliveryEngineTests {
    private func ids(_ receiver: ReceiverStub) -> [String] {
        receiver.requests.compactMap { $0.headers["webhook-id"] }
    }

    @Test func `everything arrives once, with the headers of Standard Webhooks and CloudEvents`() async throws
    {
        let directory = try Directory()
        let receiver = try ReceiverStub()
        var endpoint = Delivering.endpoint("soc", receiver.port)
        endpoint.signing = .hmac
        endpoint.secrets = [
            .file(try directory.write("new", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")),
            .file(try directory.write("old", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
        ]
        endpoint.sendsCloudEvents = true
        let site = try Delivering()
        try await site.run([endpoint]) {
            for number in 0..<100 { await site.put(try Delivering.message(number), to: "soc") }
            try await site.settled()
        }
        #expect(Set(ids(receiver)).count == 100)
        #expect(receiver.requests.count == 100)
        let request = try #require(receiver.requests.first)
        let id = try #require(request.headers["webhook-id"])
        let time = try #require(request.headers["webhook-timestamp"])
        let content = Array("\(id).\(time).".utf8) + request.body
        let signatures = try [
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ]
        .map { "v1," + base64(try hmacSHA256(content, key: try #require(bytes(base64: $0)))) }
        #expect(request.headers["webhook-signature"] == signatures.joined(separator: " "))
        #expect(abs(try #require(Int64(time)) - Delivering.now.milliseconds / 1000) < 120)
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["ce-specversion"] == "1.0")
        #expect(request.headers["ce-id"] == id)
        #expect(request.headers["ce-type"] == "riskd.alert.firing")
        #expect(request.headers["ce-source"] == "https://riskd.example.org")
        #expect(request.headers["ce-time"] == "2026-09-01T10:15:40.000Z")
        #expect(
            site.metrics.value("riskd_deliveries_total", ["endpoint": "soc", "outcome": "delivered"]) == 100
        )
    }

    @Test func `messages of one key arrive in order, whatever fails in between`() async throws {
        let receiver = try ReceiverStub { _, number in HTTPResponse(status: number % 3 == 0 ? 503 : 204) }
        let site = try Delivering()
        let schedule = RetrySchedule(waits: Array(repeating: .milliseconds(1), count: 1000))
        try await site.run([Delivering.endpoint("soc", receiver.port)], schedule: schedule) {
            for number in 0..<4 { await site.put(try Delivering.message(number, key: "one"), to: "soc") }
            try await site.settled()
        }
        let delivered = await site.outbox.attempts.filter { $0.outcome == .delivered }.map(\.message)
        #expect(try delivered == (0..<4).map { try Delivering.message($0).id })
        var seen: [String] = []
        for id in ids(receiver) where seen.last != id { seen.append(id) }
        #expect(seen == delivered.map(\.description))
    }

    @Test func `a dead and a slow endpoint do not delay another`() async throws {
        let good = try ReceiverStub()
        let slow = try ReceiverStub { _, _ in
            Thread.sleep(forTimeInterval: 0.05)
            return HTTPResponse(status: 204)
        }
        let dead = try ReceiverStub()
        dead.stop()
        let site = try Delivering()
        let endpoints = [
            Delivering.endpoint("good", good.port), Delivering.endpoint("slow", slow.port),
            Delivering.endpoint("dead", dead.port),
        ]
        try await site.run(endpoints, schedule: RetrySchedule()) {
            for number in 0..<200 {
                await site.put(try Delivering.message(number), to: "good", "slow", "dead")
            }
            try await site.settled("good")
            // The slow one needs 10 s for all of them.
            #expect(await site.outbox.pending(at: "slow") > 0)
            #expect(await site.outbox.pending(at: "dead") == 200)
        }
        #expect(Set(ids(good)).count == 200)
        #expect(await site.outbox.attempts.count { $0.endpoint == "dead" } < 30)
    }

    @Test func `Retry-After and 410 are obeyed`() async throws {
        let busy = try ReceiverStub { _, number in
            number == 1
                ? HTTPResponse(status: 429, headers: [.init("Retry-After", "1")]) : HTTPResponse(status: 204)
        }
        let gone = try ReceiverStub { _, _ in HTTPResponse(status: 410) }
        let site = try Delivering()
        let endpoints = [Delivering.endpoint("busy", busy.port), Delivering.endpoint("gone", gone.port)]
        try await site.run(endpoints) {
            for number in 0..<3 {
                await site.put(try Delivering.message(number, key: "k"), to: "busy", "gone")
            }
            try await site.settled("busy")
            try await eventually { await site.outbox.disabled["gone"] != nil }
        }
        let attempts = await site.outbox.attempts.filter { $0.endpoint == "busy" }
        #expect(attempts.map(\.status) == [429, 204, 204, 204])
        #expect(attempts[1].startedAt.milliseconds - attempts[0].startedAt.milliseconds >= 1000)
        #expect(gone.requests.count == 1)
        #expect(await site.outbox.disabled == ["gone": "the receiver said that it is gone (410)"])
        #expect(await site.outbox.pending(at: "gone") == 2)
    }

    @Test func `an endpoint that has failed for five days is disabled`() async throws {
        let broken = try ReceiverStub { _, _ in HTTPResponse(status: 500, body: Array("oh\u{1B}[31m".utf8)) }
        let site = try Delivering()
        await site.outbox.fail("broken", since: Delivering.now - .seconds(5 * 86_400))
        try await site.run([Delivering.endpoint("broken", broken.port)]) {
            await site.put(try Delivering.message(1), to: "broken")
            try await eventually { await site.outbox.disabled["broken"] != nil }
        }
        #expect(await site.outbox.attempts.map(\.detail) == ["oh\\u{1b}[31m"])
    }

    @Test func `while the database is down nothing is lost and nothing is sent twice`() async throws {
        let receiver = try ReceiverStub()
        let site = try Delivering()
        try await site.run([Delivering.endpoint("soc", receiver.port)]) {
            await site.put(try Delivering.message(0), to: "soc")
            try await site.settled()
            await site.outbox.setDown(true)
            for number in 1..<50 { await site.put(try Delivering.message(number), to: "soc") }
            try await Task.sleep(for: .milliseconds(300))
            await site.outbox.setDown(false)
            try await site.settled()
        }
        #expect(receiver.requests.count == 50)
        #expect(Set(ids(receiver)).count == 50)
    }

    @Test func `an attempt that could not be recorded is recorded when the database is back`() async throws {
        let site = try Delivering()
        let outbox = site.outbox
        let receiver = try ReceiverStub { _, number in
            // It breaks while the answer is under way.
            if number == 1 {
                let done = DispatchSemaphore(value: 0)
                Task {
                    await outbox.setDown(true)
                    done.signal()
                }
                done.wait()
            }
            return HTTPResponse(status: 204)
        }
        try await site.run([Delivering.endpoint("soc", receiver.port)]) {
            await site.put(try Delivering.message(0, key: "k"), to: "soc")
            await site.put(try Delivering.message(1, key: "k"), to: "soc")
            try await eventually { await outbox.isDown }
            try await Task.sleep(for: .milliseconds(200))
            #expect(receiver.requests.count == 1)
            await outbox.setDown(false)
            try await site.settled()
        }
        #expect(receiver.requests.count == 2)
        #expect(await outbox.attempts.map(\.outcome) == [.delivered, .delivered])
    }

    /// The addresses of chat systems are secrets.
    @Test func `neither the log nor the attempts show a token, whatever goes wrong`() async throws {
        let directory = try Directory()
        let dead = try ReceiverStub()
        dead.stop()
        let moved = try ReceiverStub { request, _ in
            HTTPResponse(status: 302, headers: [.init("Location", "http://127.0.0.1/T0/s3cret")])
        }
        var endpoints: [Endpoint] = []
        for (name, port) in [("dead", dead.port), ("moved", moved.port)] {
            var endpoint = Delivering.endpoint(name, port, .slack)
            let text = "http://127.0.0.1:\(port)/services/T0/B0/s3cret?token=s3cret"
            endpoint.target = .secretURL(.file(try directory.write(name, text)))
            endpoints.append(endpoint)
        }
        var blocked = endpoints[0]
        blocked.name = "blocked"
        blocked.target = .secretURL(
            .file(try directory.write("blocked", "http://127.0.0.9:\(dead.port)/s3cret"))
        )
        endpoints.append(blocked)
        var signed = Delivering.endpoint("signed", dead.port)
        signed.signing = .hmac
        let key = try directory.write("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        signed.secrets = [.file(key)]
        endpoints.append(signed)
        let site = try Delivering()
        try await site.run(endpoints, schedule: RetrySchedule(waits: [])) {
            // From now on it cannot be used.
            _ = try directory.write("key", "whsec_s3cret")
            await site.put(try Delivering.message(1), to: "dead", "moved", "blocked", "signed")
            try await site.settled()
        }
        let attempts = await site.outbox.attempts
        #expect(Set(attempts.map(\.endpoint)) == ["dead", "moved", "blocked", "signed"])
        #expect(attempts.first { $0.endpoint == "blocked" }?.outcome == .blocked)
        #expect(site.lines.all.count >= 4)
        let texts = site.lines.all + attempts.map(\.detail) + attempts.map { "\($0)" }
        for text in texts { #expect(!text.contains("s3cret") && !text.contains("MfKQ9r8G"), "\(text)") }
        #expect(attempts.allSatisfy { !$0.detail.isEmpty })
    }

    @Test func `an endpoint that cannot be used says so at the start`() throws {
        let site = try Delivering()
        func reason(_ change: (inout Endpoint) -> Void) -> String? {
            var endpoint = Delivering.endpoint("soc", 443)
            change(&endpoint)
            do throws(RouteError) {
                _ = try EndpointRoute(endpoint, site.surroundings)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(reason { _ in } == nil)
        #expect(reason { $0.signing = .hmac } == "endpoint soc: there is no secret for signing messages")
        #expect(
            reason { $0.allowsPlainHTTP = false }
                == "endpoint soc: 127.0.0.1 is addressed with plain http, which is not allowed: use https"
        )
        #expect(reason { $0.format = .pagerduty } == "endpoint soc: there is no secret for the routing key")
        #expect(reason { $0.format = .template } == "endpoint soc: the format template needs a template")
        #expect(reason { $0.format = .syslog } == "endpoint soc: lines of syslog need a syslog receiver")
        #expect(
            reason { $0.target = .syslog(host: "a", port: 514, transport: .udp) }
                == "endpoint soc: a syslog receiver takes syslog or cef only"
        )
        #expect(
            reason { $0.allowedNetworks = ["10.0.0.1/8"] }
                == "endpoint soc: 10.0.0.1/8 is not a network such as 10.1.0.0/16"
        )
        #expect(reason { $0.secrets = [.file("/nonexistent")] } == nil)
        #expect(
            reason {
                $0.secrets = [.file("/nonexistent")]
                $0.signing = .hmac
            } == "endpoint soc: the secret /nonexistent cannot be read: No such file or directory"
        )
    }
}
