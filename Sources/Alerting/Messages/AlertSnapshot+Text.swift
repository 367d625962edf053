import Domain
import Runtime

extension AlertSnapshot {
    /// The subject in words, such as `user u-4711`; what could drive a terminal or turn text around is escaped.
    var subjectText: String {
        let id = printable(bounded(subject.id, to: 80))
        return switch subject {
        case .entity(.global): "service"
        case .outbox: "outbox"
        default: "\(subject.kind) \(id)"
        }
    }

    /// A sentence such as `User u-4711 risk 87.9 (high) on chest-xray-v7`.
    var title: String {
        guard let score else {
            return clipped(printable(detail.isEmpty ? "\(subjectText): \(level)" : detail), to: 300)
        }
        return "\(capitalized(subjectText)) risk \(points(score)) (\(level))\(onModel)"
    }

    /// ` on chest-xray-v7` where the subject is not the model itself; else nothing.
    var onModel: String {
        guard subject.kind != "model", let model = subject.model else { return "" }
        return " on \(printable(bounded(model.name, to: 80)))"
    }

    /// `firing` or `resolved`.
    var status: String { isFiring ? "firing" : "resolved" }

    /// The strongest reasons, in words with their points, strongest first.
    var reasons: [(words: String, points: String)] {
        // The model's criticality raises a score, but is no reason.
        contributions.filter { $0.milliPoints > 0 && $0.name != "impact" }.map {
            (words($0.name), points($0.milliPoints))
        }
    }

    /// C in bits, with three decimals.
    var evidenceBits: Double { Double((evidence * 1000 + 1 << 19) >> 20) / 1000 }
}

/// Milli-points as points with one decimal, such as `87.9`.
func points(_ milliPoints: Int64) -> String {
    let tenths = (milliPoints + (milliPoints < 0 ? -50 : 50)) / 100
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
}

/// A contribution's name as words.
private func words(_ name: String) -> String {
    printable(clipped(name, to: 80)).map { $0 == "_" || $0 == "." ? " " : String($0) }.joined()
}

func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

extension Timestamp {
    /// RFC 3339 without a fraction that is zero.
    var shortText: String {
        let text = description
        return milliseconds.floorDivided(by: 1000) * 1000 == milliseconds ? text.dropLast(5) + "Z" : text
    }
}

extension AlertSnapshot {
    /// ``labels`` with values that are not too long for any receiver.
    var boundedLabels: [AlertLabel] { labels.map { AlertLabel($0.name, bounded($0.value)) } }
}

extension Message {
    /// A sentence for what has no alert.
    var eventText: String {
        switch type {
        case .endpointTest: "riskd tries this endpoint: there is no alert"
        case .auditCheckpoint: "riskd's audit log has a new checkpoint"
        case .drillStarted: "a fire drill of riskd has begun"
        case .drillFinished: "a fire drill of riskd has ended"
        default: "riskd: \(type.rawValue)"
        }
    }

    /// The alert that speaks for a group: the first of the highest level.
    var leader: AlertSnapshot? {
        alerts.reduce(nil as AlertSnapshot?) { best, alert in
            guard let best else { return alert }
            return (alert.isFiring ? 1 : 0, alert.level) > (best.isFiring ? 1 : 0, best.level) ? alert : best
        }
    }

    /// How many alerts it is about, those that were left out included.
    var total: Int { alerts.count + truncatedAlerts }

    /// This message with its last alerts left out.
    func keeping(_ count: Int) -> Message {
        Message(
            id: id,
            type: type,
            timestamp: timestamp,
            dedupKey: dedupKey,
            groupKey: groupKey,
            groupLabels: groupLabels,
            reason: reason,
            alerts: Array(alerts.prefix(count)),
            truncatedAlerts: truncatedAlerts + alerts.count - count
        )
    }

    /// The JSON that `body` makes of as many alerts as fit.
    func fitted(_ body: (Message) -> JSONValue) throws(FormatError) -> [UInt8] {
        var count = alerts.count
        while true {
            let bytes = Array(body(keeping(count)).text.utf8)
            guard bytes.count >= Payload.limit else { return bytes }
            guard count > 1 else { throw .tooLong(bytes: bytes.count) }
            count = max(1, min(count - 1, count * Payload.limit / bytes.count))
        }
    }
}
