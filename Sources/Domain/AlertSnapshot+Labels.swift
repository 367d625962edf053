extension AlertSnapshot {
    /// Such as `RiskdUserRiskHigh`, `RiskdEndpointDisabled` or `RiskdCalibrationSuspect`.
    package var alertName: String {
        switch subject {
        case .entity(let entity): "Riskd\(capitalized(entity.kind))Risk\(capitalized(level.description))"
        case .endpoint: "RiskdEndpointDisabled"
        case .outbox: "RiskdOutboxOverflow"
        case .calibration: "RiskdCalibrationSuspect"
        case .detector: "RiskdDetectorDegraded"
        case .source, .intake: "RiskdIngestBlind"
        }
    }

    /// Alertmanager's word for the level.
    package var severity: String {
        switch level {
        case .info, .low: "info"
        case .medium: "warning"
        case .high, .critical: "critical"
        }
    }

    /// What the alert is matched, grouped and told apart by, ordered by name; never the score.
    ///
    /// `alertname`, `entity`, `entity_kind`, `level`, `severity`, and `model` where there is one.
    package var labels: [AlertLabel] {
        var labels = [
            AlertLabel("alertname", alertName), AlertLabel("entity", subject.id),
            AlertLabel("entity_kind", subject.kind), AlertLabel("level", level.description),
        ]
        if let model = subject.model { labels.append(AlertLabel("model", model.name)) }
        labels.append(AlertLabel("severity", severity))
        return labels
    }
}

/// A name with a value.
package struct AlertLabel: Hashable, Sendable {
    /// Such as `model`.
    package let name: String
    /// Such as `chest-xray-v7`.
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Every name that an alert's labels may have.
    package static let names = ["alertname", "entity", "entity_kind", "level", "model", "severity"]
}

private func capitalized(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
