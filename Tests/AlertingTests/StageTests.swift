import Alerting
import Domain
import Testing

@Suite struct StageTests {
    private let now = Timestamp(milliseconds: 1_000_000)

    private func matcher(_ text: String) throws -> AlertMatcher { try AlertMatcher(parsing: text) }

    // MARK: Match

    @Test(arguments: [
        (["entity=u"], true), (["user=u"], true), (["entity=U"], false), (["entity!=u"], false),
        (["entity=~u|v"], true), (["entity=~"], false), (["entity!~x.*"], true), (["entity=~.*"], true),
        (["model=fashion", "level=high"], true), (["model=fashion", "level=critical"], false),
        (["alertname=RiskdUserRiskHigh"], true), (["severity=critical"], true), (["kind=user"], true),
        ([], true),
    ])
    func `a matcher compares the whole value of a label`(texts: [String], passes: Bool) throws {
        var endpoint = Endpoint(name: "e", format: .native, target: .url("https://e"))
        endpoint.matchers = try texts.map(matcher)
        let alert = makeAlert(1)
        #expect(MatchStage(endpoint).passing([alert], RoutingContext(now: now)) == (passes ? [alert] : []))
    }

    @Test(
        "a matcher on a kind of subject holds for alerts about one, and for no others that are called so or lack one"
    )
    func subjects() throws {
        let user = makeAlert(1)
        func alert(_ subject: AlertSubject) -> AlertSnapshot {
            AlertSnapshot(
                id: user.id,
                subject: subject,
                level: .high,
                startsAt: now
            )
        }
        let others: [(AlertSubject, String)] = [
            (.entity(.model(ModelID("u"))), "model"),
            (.entity(.campaign(1, model: ModelID("u"))), "campaign"),
            (.entity(.global), "global"), (.endpoint("u"), "endpoint"), (.outbox, "outbox"),
            (.calibration(ModelID("u")), "calibration"),
            (.detector(DetectorID("u"), model: ModelID("u")), "detector"), (.source("u"), "source"),
            (.intake(ModelID("u")), "intake"),
        ]
        func holds(_ text: String, _ alert: AlertSnapshot) throws -> Bool {
            let silence = Silence(
                id: 1,
                matchers: [try matcher(text)],
                startsAt: now,
                endsAt: now,
                creator: "ada",
                comment: "c"
            )
            return silence.matches(alert)
        }
        for text in ["user=u", "user!=v", "user=~.*", "user!~v"] { #expect(try holds(text, user), "\(text)") }
        for text in ["user=v", "user!=u", "user=~v"] { #expect(try !holds(text, user), "\(text)") }
        for (subject, kind) in others {
            let alert = alert(subject)
            for text in [
                "user=u", "user=1", "user=service", "user=~.*", "user=",
            ] {
                #expect(try !holds(text, alert), "\(text) \(kind)")
            }
            for text in ["user!=u", "user!=v", "user!~.*"] {
                #expect(try holds(text, alert), "\(text) \(kind)")
            }
            for name in AlertMatcher.subjects {
                #expect(try holds("\(name)=~.*", alert) == (name == kind), "\(name) \(kind)")
            }
        }
        #expect(try holds("campaign=1", alert(.entity(.campaign(1, model: ModelID("m"))))))
        #expect(try holds("source=/log/a", alert(.source("/log/a"))))
        // What was stored before is every kind of subject.
        for (subject, _) in others where subject.id == "u" { #expect(try holds("entity=u", alert(subject))) }
        #expect(try matcher("user=u").description == "user=u")
    }

    @Test(arguments: [
        ("fashion", "expected a condition"), ("colour=red", "is no label of an alert"),
        ("entity=~[", "is no regular expression"),
    ])
    func `what is no matcher is refused`(text: String, reason: String) {
        do {
            _ = try AlertMatcher(parsing: text)
            Issue.record("taken")
        } catch {
            #expect(error.text.contains(reason), "\(error.text)")
        }
    }

    @Test func `the level that counts is the highest one, so that an end is told where the alarm was`() {
        var endpoint = Endpoint(name: "e", format: .native, target: .url("https://e"))
        endpoint.minimumLevel = .critical
        var alert = makeAlert(1)
        let context = RoutingContext(now: now)
        #expect(MatchStage(endpoint).passing([alert], context).isEmpty)
        alert.peakLevel = .critical
        #expect(MatchStage(endpoint).passing([alert], context) == [alert])
    }

    // MARK: Mute

    @Test(arguments: [(-10, 10, true), (0, 10, true), (1, 10, false), (-10, 0, false)])
    func `a silence holds back while it is in force`(from: Int64, until: Int64, isSilenced: Bool) throws {
        let silence = Silence(
            id: 1,
            matchers: [try matcher("entity=u")],
            startsAt: now + .seconds(from),
            endsAt: now + .seconds(until),
            creator: "ada",
            comment: "maintenance"
        )
        let alerts = [makeAlert(1), makeAlert(2, .entity(user("v")))]
        let passing = MuteStage().passing(alerts, RoutingContext(now: now, silences: [silence]))
        #expect(passing == (isSilenced ? [alerts[1]] : alerts))
    }

    // MARK: Inhibit

    struct Case: Sendable {
        let rule: InhibitionRule
        let source: AlertSnapshot
        let target: AlertSnapshot
        let isHeldBack: Bool
    }

    private static let other = ModelID("other")
    private static let campaign = AlertSubject.entity(.campaign(7, model: model))
    private static let ofModel = AlertSubject.entity(.model(model))
    private static let cases: [Case] = [
        Case(
            rule: .calibration,
            source: makeAlert(1, .calibration(model)),
            target: makeAlert(2, .entity(user("u"))),
            isHeldBack: true
        ),
        Case(
            rule: .calibration,
            source: makeAlert(1, .calibration(model)),
            target: makeAlert(2, .entity(user("u")), .critical),
            isHeldBack: false
        ),
        Case(
            rule: .calibration,
            source: makeAlert(1, .calibration(model)),
            target: makeAlert(2, campaign),
            isHeldBack: false
        ),
        Case(
            rule: .calibration,
            source: makeAlert(1, .calibration(other)),
            target: makeAlert(2),
            isHeldBack: false
        ),
        Case(
            rule: .calibration,
            source: makeAlert(1, .calibration(model)),
            target: makeAlert(2, ofModel),
            isHeldBack: false
        ),
        // The campaign's users are u and v.
        Case(rule: .campaign, source: makeAlert(1, campaign), target: makeAlert(2), isHeldBack: true),
        Case(
            rule: .campaign,
            source: makeAlert(1, campaign),
            target: makeAlert(2, .entity(user("w"))),
            isHeldBack: false
        ),
        Case(
            rule: .campaign,
            source: makeAlert(1, campaign),
            target: makeAlert(2, .entity(user("u")), .critical),
            isHeldBack: false
        ),
        Case(rule: .model, source: makeAlert(1, ofModel), target: makeAlert(2), isHeldBack: true),
        Case(rule: .model, source: makeAlert(1, ofModel), target: makeAlert(2, campaign), isHeldBack: true),
        Case(
            rule: .model,
            source: makeAlert(1, ofModel, isDerived: true),
            target: makeAlert(2),
            isHeldBack: false
        ),
        Case(
            rule: .model,
            source: makeAlert(1, .entity(.model(other))),
            target: makeAlert(2),
            isHeldBack: false
        ),
        Case(
            rule: .derived,
            source: makeAlert(1),
            target: makeAlert(2, ofModel, .critical, isDerived: true),
            isHeldBack: true
        ),
        Case(rule: .derived, source: makeAlert(1), target: makeAlert(2, ofModel), isHeldBack: false),
        Case(
            rule: .derived,
            source: makeAlert(1, ofModel),
            target: makeAlert(2, .entity(.global), isDerived: true),
            isHeldBack: true
        ),
        Case(
            rule: .derived,
            source: makeAlert(1, .endpoint("x")),
            target: makeAlert(2, .entity(.global), isDerived: true),
            isHeldBack: false
        ),
    ]

    @Test(arguments: cases)
    func `an alert holds others back`(test: Case) {
        let firing = [test.source, test.target]
        let users = [Entity.campaign(7, model: model): Set(["u", "v"].map { UserID($0) })]
        let context = RoutingContext(now: now, firing: firing, users: users)
        let passing = InhibitStage([test.rule]).passing([test.target], context)
        #expect(passing.isEmpty == test.isHeldBack)
        #expect(InhibitStage([test.rule]).passing([test.source], context) == [test.source])
        #expect(InhibitStage([]).passing([test.target], context) == [test.target])
    }
}
