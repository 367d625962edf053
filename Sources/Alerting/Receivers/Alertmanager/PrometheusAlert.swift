import Domain

/// An alert as Prometheus and Alertmanager know it: labels are its identity, annotations its words.
struct PrometheusAlert {
    let labels: [AlertLabel]
    let annotations: [AlertLabel]
    let startsAt: Timestamp
    /// nil while it fires.
    let endsAt: Timestamp?
    let generatorURL: String?

    var isFiring: Bool { endsAt == nil }

    /// What a message tells; what has no alert becomes one of its own that is already over.
    static func all(of message: Message, _ context: MessageContext) -> [PrometheusAlert] {
        guard message.alerts.isEmpty else {
            return message.alerts.flatMap { all(of: $0, context) }
        }
        let name = message.type.rawValue.split(separator: ".").map { capitalized(String($0)) }.joined()
        let event = PrometheusAlert(
            labels: [AlertLabel("alertname", "Riskd\(name)"), AlertLabel("severity", "info")],
            annotations: [AlertLabel("summary", message.eventText)],
            startsAt: message.timestamp,
            endsAt: message.timestamp,
            generatorURL: context.externalURL
        )
        return [event]
    }

    /// An alert, and what it was under the labels of other levels.
    static func all(of alert: AlertSnapshot, _ context: MessageContext) -> [PrometheusAlert] {
        [PrometheusAlert(alert, alert.labelLevel, alert.endsAt, context)]
            + alert.pastLevels.map { PrometheusAlert(alert, $0, alert.updatedAt, context) }
    }

    private init(
        labels: [AlertLabel],
        annotations: [AlertLabel],
        startsAt: Timestamp,
        endsAt: Timestamp?,
        generatorURL: String?
    ) {
        self.labels = labels
        self.annotations = annotations
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.generatorURL = generatorURL
    }

    /// An alert at a level, which is a part of its identity.
    init(_ snapshot: AlertSnapshot, _ level: Level, _ end: Timestamp?, _ context: MessageContext) {
        var alert = snapshot
        alert.level = level
        labels = alert.boundedLabels
        var annotations = [AlertLabel("summary", snapshot.title)]
        if let url = context.externalURL {
            annotations.append(AlertLabel("runbook_url", "\(url)/runbooks/\(alert.runbook)"))
        }
        let reasons = alert.reasons.prefix(3).map { "\($0.words) \($0.points)" }.joined(separator: ", ")
        if !reasons.isEmpty { annotations.append(AlertLabel("reasons", reasons)) }
        if !alert.techniques.isEmpty {
            annotations.append(AlertLabel("techniques", alert.techniques.prefix(16).joined(separator: ", ")))
        }
        if alert.state == .acknowledged { annotations.append(AlertLabel("state", alert.state.rawValue)) }
        if let verdict = alert.verdict { annotations.append(AlertLabel("verdict", verdict.rawValue)) }
        self.annotations = annotations
        startsAt = alert.startsAt
        endsAt = end
        generatorURL = context.page(of: alert)
    }

    /// Prometheus's fingerprint of a label set: FNV-1a of 64 bits over names and values in the names' order, each
    /// followed by a byte 255; 16 hexadecimal digits.
    var fingerprint: String {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for label in labels.sorted(by: { $0.name < $1.name }) {
            for text in [label.name, label.value] {
                for byte in Array(text.utf8) + [255] { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension AlertSnapshot {
    /// The level at which it opened: a part of its key.
    private var openingLevel: Level { Level.allCases.first { dedupKey.hasSuffix("/\($0)") } ?? level }

    /// The level at which it fires, or last did: when it is over because it fell, the level from which it fell.
    fileprivate var labelLevel: Level {
        isFiring || level >= openingLevel ? level : max(level, previousLevel)
    }

    /// Other levels at which it may have fired: under those labels it is over, so that nothing is left behind when the
    /// level, which is a label, changes.
    fileprivate var pastLevels: [Level] {
        guard subject.entity != nil else { return [] }
        let lowest = max(.low, isFiring ? openingLevel : min(level, openingLevel))
        return Level.allCases.filter { $0 >= lowest && $0 <= peakLevel && $0 != labelLevel }
    }

    /// The name of the page that says what to do, such as `user-risk-high`.
    fileprivate var runbook: String {
        subject.entity == nil ? subject.kind : "\(subject.kind)-risk-\(level)"
    }
}
