import Domain
import Foundation
import Testing

@testable import Alerting

/// What each receiver's documentation demands, tried with every example and with hostile names.
@Suite struct FormatRuleTests {
    private func messages() throws -> [Message] {
        var messages: [Message] = try Examples.all().map(\.message)
        for text in Examples.hostile {
            var alert = try Examples.alert(user: text, model: text)
            alert.detail = text
            alert.assignee = text
            alert.contributions.insert(Contribution(name: text, milliPoints: 90_000), at: 0)
            alert.dedupKey = alert.subject.dedupKey(level: .high)
            messages.append(try Examples.message(.alertFiring, [alert]))
            messages.append(
                try Examples.message(.alertUpdated, Array(repeating: alert, count: 30))
            )
            var works = try Examples.endpointAlert()
            works.subject = .endpoint(text)
            works.detail = text
            messages.append(try Examples.message(.alertFiring, [works]))
        }
        return messages
    }

    private func payloads(_ receiver: any Receiver) throws -> [Payload] {
        try messages().compactMap { try receiver.render($0, Examples.context) }
    }

    private func json(_ payload: Payload) throws -> Any {
        #expect(payload.parts.count == 1)
        return try JSONSerialization.jsonObject(with: Data(payload.parts.first ?? []))
    }

    @Test func `no part is as long as the limit`() throws {
        for (name, format) in GoldenTests.formats {
            for payload in try payloads(format) {
                #expect(payload.parts.allSatisfy { $0.count < 20_000 && !$0.isEmpty }, "\(name)")
            }
        }
    }

    @Test func `alerts that do not fit are counted`() throws {
        let alerts = try (0..<200).map { try Examples.alert(user: "user-\($0)") }
        let message = try Examples.message(.alertFiring, alerts, truncated: 7)
        let payload = try #require(
            try AlertmanagerReceiver(name: "a").render(message, Examples.context)
        )
        let body = try #require(try json(payload) as? [String: Any])
        let kept = try #require(body["alerts"] as? [Any]).count
        #expect(kept > 10)
        #expect(body["truncatedAlerts"] as? Int == 207 - kept)
    }

    @Test func `Alertmanager's webhook has the members of its Go structures`() throws {
        for payload in try payloads(AlertmanagerReceiver(name: "soc")) {
            let body = try #require(try json(payload) as? [String: Any])
            #expect(
                Set(body.keys) == [
                    "receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations",
                    "externalURL",
                    "version", "groupKey", "truncatedAlerts", "notification_reason", "routeLabels",
                ]
            )
            #expect(body["version"] as? String == "4")
            let alerts = try #require(body["alerts"] as? [[String: Any]])
            let isFiring = alerts.contains { $0["status"] as? String == "firing" }
            #expect(body["status"] as? String == (isFiring ? "firing" : "resolved"))
            let common = try #require(body["commonLabels"] as? [String: String])
            for alert in alerts {
                #expect(
                    Set(alert.keys) == [
                        "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL",
                        "fingerprint",
                    ]
                )
                let labels = try #require(alert["labels"] as? [String: String])
                #expect(labels.keys.allSatisfy { $0.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil })
                #expect(common.allSatisfy { labels[$0.key] == $0.value })
                // The score is no label: labels are the identity.
                #expect(labels["score"] == nil)
                let end = try #require(alert["endsAt"] as? String)
                #expect((alert["status"] as? String == "firing") == (end == "0001-01-01T00:00:00Z"))
                let fingerprint = try #require(alert["fingerprint"] as? String)
                #expect(fingerprint.wholeMatch(of: /[0-9a-f]{16}/) != nil)
            }
        }
    }

    private func prometheus(_ alert: AlertSnapshot) throws -> [String] {
        let message = try Examples.message(.alertUpdated, [alert])
        return PrometheusAlert.all(of: message, Examples.context).map { alert in
            let level = alert.labels.first { $0.name == "level" }?.value ?? ""
            return "\(level) \(alert.isFiring ? "firing" : "resolved")"
        }
    }

    /// The level is a label and so a part of an alert's identity.
    @Test func `an alert leaves nothing behind under the labels of another level`() throws {
        var alert = try Examples.alert()
        #expect(try prometheus(alert) == ["high firing"])
        alert.level = .critical
        alert.previousLevel = .high
        alert.peakLevel = .critical
        #expect(try prometheus(alert) == ["critical firing", "high resolved"])
        alert.level = .high
        alert.previousLevel = .critical
        #expect(try prometheus(alert) == ["high firing", "critical resolved"])
        alert.level = .info
        alert.previousLevel = .high
        alert.endsAt = alert.updatedAt
        #expect(
            try prometheus(alert)
                == ["high resolved", "low resolved", "medium resolved", "critical resolved"]
        )
    }

    @Test func `the fingerprint depends on the labels alone`() throws {
        var alert = try Examples.alert()
        func fingerprint() -> String {
            PrometheusAlert(alert, alert.level, nil, Examples.context).fingerprint
        }
        let one = fingerprint()
        alert.score = 1
        #expect(fingerprint() == one)
        alert.level = .critical
        #expect(fingerprint() != one)
    }

    @Test func `PagerDuty's limits hold`() throws {
        for payload in try payloads(PagerDutyReceiver(routingKey: String(repeating: "R", count: 32))) {
            let body = try #require(try json(payload) as? [String: Any])
            #expect((body["routing_key"] as? String)?.count == 32)
            let key = try #require(body["dedup_key"] as? String)
            #expect(key.utf8.count <= 255)
            switch body["event_action"] as? String {
            case "acknowledge", "resolve":
                #expect(Set(body.keys) == ["routing_key", "dedup_key", "event_action"])
            case "trigger":
                let payload = try #require(body["payload"] as? [String: Any])
                let summary = try #require(payload["summary"] as? String)
                #expect((1...1024).contains(summary.utf8.count))
                #expect(!(payload["source"] as? String ?? "").isEmpty)
                let severity = payload["severity"] as? String ?? ""
                #expect(["info", "warning", "error", "critical"].contains(severity))
            default: Issue.record("\(body["event_action"] ?? "no action")")
            }
        }
    }

    @Test func `PagerDuty resolves and acknowledges under the key that triggered`() throws {
        let format = PagerDutyReceiver(routingKey: "R")
        let actions = try Examples.all().map { name, message in
            guard let message = try format.render(message, Examples.context) else { return "\(name) -" }
            let body = try #require(try json(message) as? [String: Any])
            return "\(name) \(body["event_action"] ?? "") \(body["dedup_key"] ?? "")"
        }
        let key = "riskd/user/u-4711/model/chest-xray-v7/high"
        #expect(
            actions[0...2] == [
                "firing trigger \(key)", "acknowledged acknowledge \(key)", "resolved resolve \(key)",
            ]
        )
    }

    @Test func `Slack's limits hold and nothing of an outsider is markup`() throws {
        for payload in try payloads(SlackReceiver()) {
            let body = try #require(try json(payload) as? [String: Any])
            let blocks = try #require(body["blocks"] as? [[String: Any]])
            #expect((1...50).contains(blocks.count))
            var texts = [try #require(body["text"] as? String)]
            for block in blocks {
                let text = (block["text"] as? [String: Any])?["text"] as? String
                let fields = (block["fields"] as? [[String: Any]] ?? []).compactMap { $0["text"] as? String }
                let elements = (block["elements"] as? [[String: Any]] ?? []).compactMap {
                    $0["text"] as? String
                }
                if block["type"] as? String == "header" {
                    #expect((1...150).contains(text?.utf16.count ?? 0))
                }
                if block["type"] as? String == "section" {
                    #expect(text != nil || (1...10).contains(fields.count))
                }
                #expect((text?.utf16.count ?? 1) <= 3000)
                #expect(fields.allSatisfy { (1...2000).contains($0.utf16.count) })
                texts += [text].compactMap { $0 } + fields + elements
            }
            for text in texts {
                #expect(!text.contains("<") && !text.contains(">"), "\(text)")
                let entities = text.replacing("&amp;", with: "").replacing("&lt;", with: "").replacing(
                    "&gt;",
                    with: ""
                )
                #expect(!entities.contains("&"), "\(text)")
            }
        }
    }

    /// The required attributes and the enumerations of class 2004 and its objects in OCSF 1.8.0.
    @Test func `OCSF's required attributes are there and its enumerations hold`() throws {
        for payload in try payloads(OCSFReceiver()) {
            let value = try json(payload)
            for finding in try #require(value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] }) {
                try check(finding)
            }
        }
    }

    private func check(_ finding: [String: Any]) throws {
        func integer(_ name: String, _ object: [String: Any]) throws -> Int {
            try #require(object[name] as? Int)
        }
        let activity = try integer("activity_id", finding)
        #expect((1...3).contains(activity))
        #expect(try integer("category_uid", finding) == 2)
        #expect(try integer("class_uid", finding) == 2004)
        #expect(try integer("type_uid", finding) == 200_400 + activity)
        let severities = [1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"]
        #expect(try severities[integer("severity_id", finding)] == finding["severity"] as? String)
        let statuses = [1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved"]
        #expect(try statuses[integer("status_id", finding)] == finding["status"] as? String)
        #expect(try integer("time", finding) > 1_600_000_000_000)
        #expect(try integer("start_time", finding) <= integer("end_time", finding))
        let metadata = try #require(finding["metadata"] as? [String: Any])
        #expect(metadata["version"] as? String == "1.8.0")
        let product = try #require(metadata["product"] as? [String: Any])
        #expect(product["name"] is String && product["vendor_name"] is String)
        let information = try #require(finding["finding_info"] as? [String: Any])
        #expect(information["uid"] is String && information["title"] is String)
        if let analytic = information["analytic"] as? [String: Any] { #expect(analytic["type_id"] is Int) }
        for attack in information["attacks"] as? [[String: Any]] ?? [] {
            #expect((attack["technique"] as? [String: Any])?["uid"] is String)
            #expect((attack["technique"] as? [String: Any])?["name"] is String)
            #expect((attack["tactic"] as? [String: Any])?["name"] is String)
        }
        for (name, range) in [
            ("risk_level_id", 0...4), ("impact_id", 0...4), ("confidence_id", 0...3), ("risk_score", 0...100),
            ("impact_score", 0...100), ("confidence_score", 0...100),
        ] {
            if let number = finding[name] { #expect(range.contains(try #require(number as? Int)), "\(name)") }
        }
        for analysis in finding["anomaly_analyses"] as? [[String: Any]] ?? [] {
            for target in try #require(analysis["analysis_targets"] as? [[String: Any]]) {
                #expect(target["name"] is String)
            }
            for anomaly in try #require(analysis["anomalies"] as? [[String: Any]]) {
                #expect(anomaly["observation_parameter"] is String)
                let observations = try #require(anomaly["observations"] as? [[String: Any]])
                #expect(!observations.isEmpty && observations.allSatisfy { $0["value"] is String })
            }
        }
        for evidence in finding["evidences"] as? [[String: Any]] ?? [] {
            #expect((0...10).contains(try integer("verdict_id", evidence)))
        }
    }

    /// RFC 5424 section 6, as a grammar.
    @Test(arguments: ["syslog", "cef"])
    func `a syslog line is one of RFC 5424`(name: String) throws {
        let format = try #require(GoldenTests.formats.first { $0.name == name }).format
        let header =
            #/<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} /#
        let data = #/\[[!-~&&[^=\]"]]{1,32}( [!-~&&[^=\]"]]{1,32}="([^"\\\]]|\\["\\\]])*")*\]/#
        for payload in try payloads(format) {
            for part in payload.parts {
                let line = try #require(String(validating: part, as: UTF8.self))
                #expect(!part.contains { $0 < 32 || $0 == 127 }, "\(line)")
                let head = try #require(try header.prefixMatch(in: line), "\(line)")
                #expect((104...111).contains(try #require(Int(head.1))))
                let rest = line[head.range.upperBound...]
                let structured = try #require(try data.prefixMatch(in: rest), "\(line)")
                #expect(rest[structured.range.upperBound...].first == " ")
            }
        }
    }

    /// The head has seven parts between bars, and every `=` of a value is escaped.
    @Test func `a CEF message keeps its parts apart`() throws {
        for payload in try payloads(CEFReceiver()) {
            for part in payload.parts {
                let line = String(decoding: part, as: UTF8.self)
                let start = try #require(line.range(of: "] CEF:0|"))
                let head = #/(([^|\\]|\\[|\\])*)\|/#
                var rest = line[start.upperBound...]
                var fields: [Substring] = []
                for _ in 0..<6 {
                    let field = try #require(try head.prefixMatch(in: rest), "\(line)")
                    fields.append(field.1)
                    rest = rest[field.range.upperBound...]
                }
                #expect(fields[0...1] == ["riskd", "riskd"])
                #expect((0...10).contains(try #require(Int(fields[5]))))
                let pairs = #/( [a-zA-Z0-9]+=([^=\\]|\\[=\\])*)+/#
                // Greedy values take the next key's name: what matters is that it ends where the line does.
                #expect(
                    try pairs.wholeMatch(in: " " + rest.drop { $0 == " " }) != nil || rest.isEmpty,
                    "\(rest)"
                )
            }
        }
    }

    @Test func `what names can do to a native message is nothing`() throws {
        for (text, message) in zip(
            Examples.hostile,
            try Examples.hostile.map { text in
                try Examples.message(.alertFiring, [Examples.alert(user: text)])
            }
        ) {
            let payload = try #require(
                try NativeReceiver(isGrouped: false).render(message, Examples.context)
            )
            let body = try #require(try json(payload) as? [String: Any])
            let entity = try #require((body["data"] as? [String: Any])?["entity"] as? [String: String])
            #expect(text.utf8.count > 256 || entity["id"].map { Array($0.utf8) } == Array(text.utf8))
            #expect((entity["id"]?.utf8.count ?? 999) <= 256)
        }
    }

    @Test func `long names that differ at their end still differ`() {
        let long = String(repeating: "a", count: 1000)
        #expect(bounded(long + "1") != bounded(long + "2"))
        #expect(bounded(long).utf8.count == 256)
        #expect(bounded("short") == "short")
        #expect(clipped("aé", to: 2) == "a")
    }
}
