import Domain
import Foundation
import RiskdTesting
import Testing
import WebClient

@testable import Alerting

/// Against Debian's rsyslog, on loopback, over UDP, TCP and TLS.
@Suite(.timeLimit(.minutes(2))) struct SyslogTests {
    private final class Server {
        let directory: Directory
        let certificates: TestCertificates
        let ports: [SyslogTransport: UInt16]
        let program: SpawnedProgram

        init() throws {
            directory = try Directory()
            certificates = try TestCertificates(in: directory.path)
            let (udp, tcp, tls) = (freePort(), freePort(), freePort())
            ports = [.udp: udp, .tcp: tcp, .tls: tls]
            // Every part by its own name, so that the test sees how rsyslog has understood the line.
            let file = try directory.write(
                "rsyslog.conf",
                """
                global(workDirectory="\(directory.path)" maxMessageSize="64k"
                    defaultNetstreamDriverCAFile="\(certificates.authority)"
                    defaultNetstreamDriverCertFile="\(certificates.server)"
                    defaultNetstreamDriverKeyFile="\(certificates.serverKey)")
                module(load="imudp")
                module(load="imptcp")
                module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
                input(type="imudp" address="127.0.0.1" port="\(udp)")
                input(type="imptcp" address="127.0.0.1" port="\(tcp)")
                input(type="imtcp" address="127.0.0.1" port="\(tls)")
                template(name="parts" type="string"
                    string="%pri%\\t%timestamp:::date-rfc3339%\\t%hostname%\\t%app-name%\\t%procid%\\t%msgid%\\t%structured-data%\\t%msg%\\n")
                action(type="omfile" file="\(directory.path)/lines" template="parts")
                """
            )
            program = try SpawnedProgram(
                ["rsyslogd", "-n", "-f", file, "-i", "\(directory.path)/pid"],
                output: "\(directory.path)/out",
                errors: "\(directory.path)/err"
            )
        }

        var lines: [String] {
            let text = (try? String(contentsOfFile: "\(directory.path)/lines", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map { String($0) }
        }

        /// The lines of alerts, not those of tests.
        var alerts: [String] { lines.filter { !$0.contains("\tTEST\t") } }

        func endpoint(_ transport: SyslogTransport, _ format: EndpointFormat) -> Endpoint {
            let target = EndpointTarget.syslog(
                host: "127.0.0.1",
                port: ports[transport] ?? 0,
                transport: transport
            )
            var endpoint = Endpoint(name: transport.rawValue, format: format, target: target)
            endpoint.trustedCertificates = certificates.authority
            endpoint.clientCertificate = .init(file: certificates.client, key: .file(certificates.clientKey))
            return endpoint
        }
    }

    @Test(arguments: [EndpointFormat.syslog, .cef])
    func `rsyslog reads every line as it was meant`(format: EndpointFormat) async throws {
        let server = try Server()
        defer { server.program.wait(after: SIGKILL) }
        let site = try Delivering()
        let time = Delivering.now
        for transport in SyslogTransport.allCases {
            let route = try EndpointRoute(server.endpoint(transport, format), site.surroundings)
            // It takes a moment to listen; a datagram is refused until then.
            try await eventually {
                await route.attempt(try Examples.message(.endpointTest, []), at: time).outcome
                    == .delivered
            }
            try await eventually { server.lines.contains { $0.contains("\tTEST\t") } }
            // More than one test may have been sent, and any of them may be read late.
            let before = server.alerts.count
            for text in Examples.hostile {
                let message = try Examples.message(.alertFiring, [Examples.alert(user: text)])
                let receipt = await route.attempt(message, at: time)
                #expect(receipt.outcome == .delivered, "\(transport) \(receipt.detail)")
            }
            try await eventually { server.alerts.count >= before + Examples.hostile.count }
            let lines = server.alerts[before...]
            #expect(lines.count == Examples.hostile.count)
            for line in lines {
                let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
                #expect(parts.count == 8, "\(line)")
                #expect(
                    parts[0...5] == [
                        "106", "2026-09-01T10:15:30.000Z", "riskd.example.org", "riskd", "4242", "ALERT",
                    ],
                    "\(line)"
                )
                #expect(parts[6].hasPrefix("[riskd@32473 entity=\"") && parts[6].hasSuffix("\"]"), "\(line)")
                let isCEF = parts[7].drop { $0 == " " }.hasPrefix(
                    "CEF:0|riskd|riskd|1.0.0|user.risk.high|User risk high|8|"
                )
                #expect(isCEF == (format == .cef), "\(line)")
            }
        }
    }

    @Test func `TLS verifies the receiver, and a receiver that goes is noticed`() async throws {
        let server = try Server()
        defer { server.program.wait(after: SIGKILL) }
        let site = try Delivering()
        let test = try Examples.message(.endpointTest, [])
        let route = try EndpointRoute(server.endpoint(.tls, .syslog), site.surroundings)
        try await eventually { await route.attempt(test, at: Delivering.now).outcome == .delivered }

        var stranger = server.endpoint(.tls, .syslog)
        stranger.trustedCertificates = nil
        let refused = try await EndpointRoute(stranger, site.surroundings).attempt(test, at: Delivering.now)
        #expect(refused.outcome == .failed)
        #expect(refused.detail.hasPrefix("TLS with 127.0.0.1:"), "\(refused.detail)")

        var inside = server.endpoint(.tls, .syslog)
        inside.target = .syslog(host: "127.0.0.2", port: 6514, transport: .tls)
        let blocked = try await EndpointRoute(inside, site.surroundings).attempt(test, at: Delivering.now)
        #expect(blocked.outcome == .blocked)
        inside.target = .syslog(host: "localhost6.invalid", port: 514, transport: .udp)
        let unknown = try await EndpointRoute(inside, site.surroundings).attempt(test, at: Delivering.now)
        #expect(unknown.outcome == .failed)
        inside.target = .syslog(host: "127.0.0.2", port: 514, transport: .udp)
        let datagram = try await EndpointRoute(inside, site.surroundings).attempt(test, at: Delivering.now)
        #expect(datagram.outcome == .blocked)

        let plain = try EndpointRoute(server.endpoint(.tcp, .syslog), site.surroundings)
        #expect(await plain.attempt(test, at: Delivering.now).outcome == .delivered)
        server.program.wait(after: SIGKILL)
        #expect(await plain.attempt(test, at: Delivering.now).outcome == .failed)
        #expect(await route.attempt(test, at: Delivering.now).outcome == .failed)
    }
}
