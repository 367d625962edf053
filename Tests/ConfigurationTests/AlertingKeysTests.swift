import Configuration
import Domain
import Testing

@Suite struct AlertingKeysTests {
    private func parse(_ text: String) throws -> Configuration {
        try Configuration.parse(Array(text.utf8), file: "/etc/riskd/r.yaml", surroundings: surroundings)
    }

    @Test func `an endpoint is read with everything that it may say`() throws {
        let configuration = try parse(
            """
            alerting:
              minimum_level: medium
              reopen_within: 2h
              external_url: https://riskd.example.org
              inhibit: [campaign]
              outbox: {age: 1h, rows: 500}
              endpoints:
                - name: soc
                  format: native
                  url: https://hooks.example.org/T0/secret
                  secrets: [credential:soc, keys/old]
                  client_certificate: client.pem
                  client_key: file:/run/key
                  matchers: [model=fashion, "user!~svc-.*"]
                  minimum_level: critical
                  types: [alert.firing, risk.level.changed]
                  send_resolved: false
                  group_by: [model]
                  group_wait: 30s
                  allow_networks: [10.0.0.0/8]
                  allow_ports: [9443]
                  cloudevents: true
                - {name: siem, format: cef, url: "syslog+tls://[2001:db8::1]:6514"}
                - {name: chat, format: slack, url: "file:hook"}

            """
        )
        let alerting = configuration.alerting
        #expect(alerting.minimumLevel == .medium && alerting.reopenWithin == .seconds(7200))
        #expect(alerting.inhibit == [.campaign] && alerting.outboxRows == 500)
        let soc = try #require(alerting.endpoints.first)
        #expect(soc.target == .url("https://hooks.example.org/T0/secret"))
        #expect(soc.secrets == [.credential("soc"), .file("/etc/riskd/keys/old")])
        #expect(soc.clientKey == .file("/run/key") && soc.clientCertificate == "/etc/riskd/client.pem")
        #expect(soc.matchers.map(\.description) == ["model=fashion", "user!~svc-.*"])
        #expect(soc.types == [.alertFiring, .riskLevelChanged] && !soc.sendsResolved)
        #expect(soc.groupBy == ["model"] && soc.groupWait == .seconds(30) && soc.sendsCloudEvents)
        #expect(alerting.endpoints[1].target == .syslog(host: "2001:db8::1", port: 6514, transport: .tls))
        #expect(alerting.endpoints[2].target == .secretURL(.file("/etc/riskd/hook")))
        #expect(alerting.endpoints[2].groupBy == nil)
    }

    @Test(arguments: [
        (
            "{name: a, url: 'https://e'}",
            "needs|secrets: name the file of a secret: native messages are signed"
        ),
        ("{name: a, url: 'http://e', signing: none}", "url: is not encrypted: use https, or set allow_http"),
        ("{name: a, url: 'ftp://secret', signing: none}", "url: expected https://"),
        (
            "{name: a, format: cef, url: 'https://e'}",
            "url: the format cef needs an address such as syslog+tls://"
        ),
        (
            "{name: a, format: slack, url: 'syslog+udp://h:514'}",
            "url: a syslog address needs the format syslog or cef"
        ),
        ("{name: a, format: cef, url: 'syslog+udp://h'}", "url: expected a host and a port"),
        (
            "{name: a, format: pagerduty, url: 'https://e'}",
            "secrets: name the file of a secret: pagerduty needs"
        ),
        ("{name: a, url: 'https://e', secrets: [whsec_abc]}", "element 1: secrets are read from files"),
        ("{name: a, url: 'https://e', secrets: [/a, /b, /c]}", "secrets: takes at most two secrets"),
        (
            "{name: a, url: 'https://e', signing: none, client_key: /k}",
            "client_certificate: needs client_certificate"
        ),
        ("{name: a, format: template, url: 'https://e'}", "format: needs the key template beside it"),
        (
            "{name: a, url: 'https://e', signing: none, matchers: [x]}",
            "matchers: element 1: expected a condition"
        ),
        (
            "{name: a, url: 'https://e', signing: none, group_by: [score]}",
            "group_by: element 1: expected a label"
        ),
        ("{name: a, url: 'https://e', signing: maybe}", "signing: expected one of hmac, ed25519, none"),
        ("{name: a, url: 'https://e', allow_http: perhaps}", "allow_http: expected true or false"),
        ("{url: 'https://e', signing: none}", "required key 'name' is missing"),
        ("{name: a, signing: none}", "required key 'url' is missing"),
    ])
    func `what is wrong with an endpoint is said with its place`(endpoint: String, message: String) {
        let wanted = message.replacing("needs|", with: "")
        let found = problems("alerting: {endpoints: [\(endpoint)]}\n")
        #expect(found.contains { $0.contains("alerting.endpoints[0]") && $0.contains(wanted) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("r.yaml:1:") })
        #expect(found.allSatisfy { !$0.contains("ftp://secret") && !$0.contains("whsec_abc") })
    }

    @Test func `two endpoints have two names`() {
        let found = problems(
            "alerting: {endpoints: [{name: a, url: 'https://e', signing: none}, {name: a, url: 'https://e', signing: none}]}\n"
        )
        #expect(found.count == 1 && found[0].contains("alerting.endpoints[1].name: 'a' is the name of two"))
    }
}
