import Domain
import Runtime

/// What an Alertmanager takes at `POST /api/v2/alerts`: riskd in the place of a Prometheus.
///
/// An Alertmanager forgets an alert that is not sent again, so a firing one ends five minutes from now unless it is.
struct AlertmanagerPushReceiver: Receiver {
    /// How long a firing alert is believed without being sent again.
    static let lifetime = Duration.seconds(300)
    /// How often a firing alert is sent again.
    static let interval = Duration.seconds(60)

    init(_ setup: ReceiverSetup) throws {
        guard setup.endpoint.sendsResolved else {
            throw FormatError.incomplete(
                reason: "an Alertmanager that is pushed to must be told of the end of alerts"
            )
        }
    }

    init() {}

    var reminding: Reminding? {
        Reminding(interval: Self.interval, lifetime: Self.lifetime, packed: packed)
    }

    func render(
        _ message: Message,
        _ context: MessageContext
    ) throws(FormatError) -> Payload? {
        let body = try message.fitted { message in
            .array(PrometheusAlert.all(of: message, context).map { json($0, context.now) })
        }
        return Payload(contentType: "application/json", parts: [body])
    }

    /// Alerts in messages that leave none out.
    func packed(_ alerts: [AlertSnapshot], _ context: MessageContext) -> [[AlertSnapshot]] {
        var packs: [[AlertSnapshot]] = []
        var room = 0
        for alert in alerts {
            let entries = PrometheusAlert.all(of: alert, context).map { json($0, context.now) }
            let size = JSONValue.array(entries).text.utf8.count
            if size > room {
                packs.append([])
                room = Payload.limit - 1
            }
            packs[packs.count - 1].append(alert)
            room -= size
        }
        return packs
    }

    private func json(_ alert: PrometheusAlert, _ now: Timestamp) -> JSONValue {
        // Event time may be ahead of the wall clock: to an Alertmanager an end that is to come is an alert that fires.
        let start = min(alert.startsAt, now)
        // An end before the start is refused; an alert may be over before event time has passed it by.
        let end = alert.endsAt.map { max(min($0, now), start) } ?? now + Self.lifetime
        var members = [
            member("labels", object(alert.labels)),
            member("annotations", object(alert.annotations)),
            member("startsAt", .string(start.shortText)),
            member("endsAt", .string(end.shortText)),
        ]
        if let url = alert.generatorURL { members.append(member("generatorURL", .string(url))) }
        return .object(members)
    }
}
