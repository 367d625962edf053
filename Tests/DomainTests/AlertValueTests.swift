import Domain
import Testing

@Suite struct AlertValueTests {
    private static let subjects: [(AlertSubject, String)] = [
        (
            .entity(.user(UserID("u-4711"), model: ModelID("chest-xray-v7"))),
            "riskd/user/u-4711/model/chest-xray-v7/high"
        ),
        (.entity(.campaign(12, model: ModelID("m"))), "riskd/campaign/12/model/m/high"),
        (.entity(.model(ModelID("m"))), "riskd/model/m/high"),
        (.entity(.global), "riskd/global/high"),
        (.endpoint("soc"), "riskd/endpoint/soc"),
        (.outbox, "riskd/outbox"),
        (.calibration(ModelID("m")), "riskd/calibration/model/m"),
        (.detector(DetectorID("opinion.a"), model: ModelID("m")), "riskd/detector/opinion.a/model/m"),
    ]

    @Test(arguments: subjects)
    func `every subject has a key and comes back from what is stored`(subject: AlertSubject, key: String) {
        #expect(subject.dedupKey(level: .high) == key)
        let stored = AlertSubject(
            kind: subject.kind,
            model: subject.model?.name ?? "",
            name: subject.name
        )
        #expect(stored == subject)
    }

    @Test func `labels are those of the Alertmanager payload, without a score`() throws {
        let id = try #require(AlertID("01J6Q7R8S9TAVBWCXDYEZF0G1H"))
        let alert = AlertSnapshot(
            id: id,
            subject: .entity(.user(UserID("u-4711"), model: ModelID("chest-xray-v7"))),
            level: .high,
            startsAt: Timestamp(milliseconds: 0)
        )
        #expect(
            alert.labels == [
                AlertLabel("alertname", "RiskdUserRiskHigh"), AlertLabel("entity", "u-4711"),
                AlertLabel("entity_kind", "user"), AlertLabel("level", "high"),
                AlertLabel("model", "chest-xray-v7"), AlertLabel("severity", "critical"),
            ]
        )
        #expect(alert.labels.map(\.name) == AlertLabel.names)
    }

    @Test(arguments: [
        ("https://hooks.example.org/T00/B00/secret?token=1", "https://hooks.example.org/..."),
        ("https://user:pass@example.org:8443/x", "https://example.org:8443/..."),
        ("nonsense", "(unreadable)"),
    ])
    func `an address is shown without what may be secret`(url: String, shown: String) {
        #expect(EndpointTarget.url(url).redacted == shown)
    }
}
