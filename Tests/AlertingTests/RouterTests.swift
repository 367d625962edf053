import Alerting
import Domain
import Testing

@Suite struct RouterTests {
    private func endpoint(_ grouping: Endpoint.Grouping = .init()) -> Endpoint {
        var endpoint = Endpoint(name: "e", format: .native, target: .url("https://e"))
        endpoint.grouping = grouping
        return endpoint
    }

    private func second(_ number: Int64) -> Timestamp { Timestamp(milliseconds: number * 1000) }

    private func notice(
        _ number: Int64,
        _ event: AlertEvent.Kind?,
        _ snapshot: AlertSnapshot,
        _ type: MessageType = .alertFiring
    ) -> AlertNotice {
        AlertNotice(number: number, type: type, event: event, snapshot: snapshot)
    }

    @Test func `an alert by itself is told at once, its end after the interval, each under one dedup key`() {
        var router = AlertRouter(endpoints: [endpoint()], inhibitions: [], now: second(0))
        var alert = makeAlert(1)
        router.take(notice(1, .opened, alert), RoutingContext(now: second(10)))
        router.flush(RoutingContext(now: second(10), firing: router.firing))
        var output = router.takeOutput()
        #expect(output.messages.map(\.message.type) == [.alertFiring])
        #expect(output.messages.first?.message.reason == .first)
        #expect(output.messages.first?.message.dedupKey == alert.dedupKey)
        #expect(output.changed.count == 1 && output.removed.isEmpty)

        alert.state = .acknowledged
        router.take(notice(2, .acknowledged, alert, .alertAcknowledged), RoutingContext(now: second(11)))
        #expect(router.takeOutput().messages.map(\.message.type) == [.alertAcknowledged])

        alert.state = .resolved
        alert.endsAt = second(20)
        router.take(notice(3, .resolved, alert, .alertResolved), RoutingContext(now: second(20)))
        router.flush(RoutingContext(now: second(20)))
        #expect(router.takeOutput().messages.isEmpty)
        #expect(router.nextFlush == second(310))
        router.flush(RoutingContext(now: second(310)))
        output = router.takeOutput()
        #expect(output.messages.map(\.message.type) == [.alertResolved])
        #expect(output.messages.first?.message.alerts == [alert])
        #expect(output.messages.first?.message.dedupKey == alert.dedupKey)
        #expect(output.removed.count == 1 && output.changed.isEmpty)
        #expect(router.nextFlush == nil && router.firing.isEmpty)
    }

    @Test func `what is over before anybody was told is told to nobody`() {
        for wait in [Duration.zero, .seconds(30)] {
            var router = AlertRouter(
                endpoints: [endpoint(Endpoint.Grouping(labels: [], wait: wait))],
                inhibitions: [],
                now: second(0)
            )
            var alert = makeAlert(1)
            router.take(notice(1, .opened, alert), RoutingContext(now: second(0)))
            alert.state = .resolved
            alert.endsAt = second(1)
            router.take(notice(2, .resolved, alert, .alertResolved), RoutingContext(now: second(1)))
            for time in [1, 30, 331, 20_000] {
                router.flush(RoutingContext(now: second(Int64(time)), firing: router.firing))
            }
            let output = router.takeOutput()
            #expect(output.messages.isEmpty && output.changed.isEmpty)
            #expect(router.nextFlush == nil && router.firing.isEmpty)
        }
    }

    @Test func `a replay knows which users a campaign holds back, as the router does`() {
        let campaign = Entity.campaign(7, model: model)
        let notices = [
            notice(1, .opened, makeAlert(1, .entity(campaign))),
            notice(2, .opened, makeAlert(2, .entity(user("u")))),
            notice(3, .opened, makeAlert(3, .entity(user("other")))),
        ]
        let users = [campaign: Set([UserID("u")])]
        let known = RouterReplay(notices, [endpoint()], [.campaign], users: users).run([])
        #expect(known.alerts == [alertID(1), alertID(3)] && known.messages == 2)
        #expect(RouterReplay(notices, [endpoint()], [.campaign]).run([]).alerts.count == 3)
        #expect(RouterReplay(notices, [endpoint()], [], users: users).run([]).alerts.count == 3)
    }

    @Test func `a rise is told after the wait, as an update`() {
        let grouping = Endpoint.Grouping(wait: .seconds(2), interval: .seconds(300))
        var router = AlertRouter(endpoints: [endpoint(grouping)], inhibitions: [], now: second(0))
        var alert = makeAlert(1)
        router.take(notice(1, .opened, alert), RoutingContext(now: second(0)))
        router.flush(RoutingContext(now: second(2), firing: router.firing))
        #expect(router.takeOutput().messages.count == 1)
        alert.level = .critical
        alert.peakLevel = .critical
        router.take(notice(2, .escalated, alert), RoutingContext(now: second(50)))
        #expect(router.nextFlush == second(52))
        router.flush(RoutingContext(now: second(52), firing: router.firing))
        let message = router.takeOutput().messages.first?.message
        #expect(message?.type == .alertUpdated && message?.reason == .changed)
        #expect(message?.alerts.first?.level == .critical)
        #expect(router.nextFlush == second(302))
    }

    @Test func `what was held back is told when it rises above what holds it back`() {
        var router = AlertRouter(endpoints: [endpoint()], inhibitions: [.campaign], now: second(0))
        let campaign = Entity.campaign(7, model: model)
        let users = [campaign: Set([UserID("u")])]
        var alert = makeAlert(2, .entity(user("u")))
        router.take(notice(1, .opened, makeAlert(1, .entity(campaign))), RoutingContext(now: second(0)))
        router.take(notice(2, .opened, alert), RoutingContext(now: second(3)))
        router.flush(RoutingContext(now: second(3), firing: router.firing, users: users))
        #expect(router.takeOutput().messages.map { $0.message.alerts.map(\.id) } == [[alertID(1)]])
        alert.level = .critical
        alert.peakLevel = .critical
        router.take(notice(3, .escalated, alert), RoutingContext(now: second(14)))
        #expect(router.nextFlush == second(14))
        router.flush(RoutingContext(now: second(14), firing: router.firing, users: users))
        let message = router.takeOutput().messages.first?.message
        #expect(message?.alerts.map(\.id) == [alertID(2)] && message?.type == .alertFiring)
    }

    @Test func `who was not told of an alert is not told that somebody looks at it`() {
        var router = AlertRouter(
            endpoints: [endpoint(.init(wait: .seconds(60)))],
            inhibitions: [],
            now: second(0)
        )
        var alert = makeAlert(1)
        router.take(notice(1, .opened, alert), RoutingContext(now: second(0)))
        alert.state = .acknowledged
        router.take(notice(2, .acknowledged, alert, .alertAcknowledged), RoutingContext(now: second(1)))
        alert.state = .resolved
        router.take(notice(3, .resolved, alert, .alertResolved), RoutingContext(now: second(2)))
        router.flush(RoutingContext(now: second(60)))
        let output = router.takeOutput()
        #expect(output.messages.isEmpty, "over before anybody was told")
        #expect(output.changed.isEmpty && output.removed.count == 1)
    }

    @Test func `types, levels and groups are the endpoint's own`() {
        var pager = endpoint()
        pager.minimumLevel = .critical
        var chat = endpoint(.init(labels: ["model"], wait: .seconds(5)))
        chat.name = "chat"
        chat.minimumLevel = .low
        chat.types = [.alertFiring, .riskLevelChanged]
        var router = AlertRouter(endpoints: [pager, chat], inhibitions: [], now: second(0))
        let context = RoutingContext(now: second(0))
        router.take(notice(1, .opened, makeAlert(1)), context)
        router.take(notice(2, .opened, makeAlert(2, .entity(user("v")), .critical)), context)
        router.take(notice(3, nil, makeAlert(3, .entity(user("w")), .low), .riskLevelChanged), context)
        router.flush(RoutingContext(now: second(0), firing: router.firing))
        var told = router.takeOutput().messages
        #expect(told.map(\.endpoint) == ["chat", "e"])
        #expect(told.map(\.message.type) == [.riskLevelChanged, .alertFiring])
        #expect(told.last?.message.alerts.map(\.id) == [alertID(2)])
        router.flush(RoutingContext(now: second(5), firing: router.firing))
        told = router.takeOutput().messages
        let message = told.first?.message
        #expect(told.count == 1 && message?.alerts.map(\.id) == [alertID(1), alertID(2)])
        #expect(message?.groupKey == "{}:{model=\"fashion\"}" && message?.dedupKey == message?.groupKey)
        #expect(message?.groupLabels == [AlertLabel("model", "fashion")])
    }

    @Test func `a message names 20 alerts and says how many it leaves out`() {
        var router = AlertRouter(endpoints: [endpoint(.init(labels: []))], inhibitions: [], now: second(0))
        for number in 1...25 {
            let alert = makeAlert(number, .entity(user("u\(number)")))
            router.take(notice(Int64(number), .opened, alert), RoutingContext(now: second(0)))
        }
        router.flush(RoutingContext(now: second(0), firing: router.firing))
        let messages = router.takeOutput().messages
        #expect(messages.count == 1)
        #expect(messages.first?.message.alerts.count == 20)
        #expect(messages.first?.message.truncatedAlerts == 5)
    }

    /// Against a router that looks at everything every second, on random lives, with restarts in between.
    @Test func `times and contents of messages are those of a slow reference`() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = Generator(state: seed)
        var messages = 0
        for _ in 0..<150 {
            let life = RandomLife(&random)
            let expected = SlowRouter(life).run()
            let found = life.route()
            messages += expected.count
            #expect(found == expected, "seed \(seed)")
            if found != expected { return }
        }
        #expect(messages > 400, "the lives reach something")
    }
}
