package import Alerting
package import Configuration
package import Domain
package import Storage

/// What a configuration says of alerts, in the words of the rooms that need it.
package struct AlertSettings: Sendable {
    /// When a level becomes an alert.
    package let policy: AlertPolicy
    /// Who is told.
    package let endpoints: [Endpoint]
    /// Which alerts keep others from being told.
    package let inhibitions: Set<InhibitionRule>
    /// How much the outbox holds.
    package let limits: OutboxLimits
    /// What links in messages begin with; nil for no links.
    package let externalURL: String?

    /// The settings of a configuration.
    ///
    /// - Parameter configuration: checked settings.
    package init(_ configuration: Configuration) {
        let alerting = configuration.alerting
        endpoints = alerting.endpoints.map(Endpoint.init)
        policy = AlertPolicy(
            minimumLevel: alerting.minimumLevel.level,
            reopenWithin: alerting.reopenWithin,
            tellsLevelChanges: endpoints.contains { $0.types.contains(.riskLevelChanged) }
        )
        inhibitions = Set(alerting.inhibit)
        limits = OutboxLimits(age: alerting.outboxAge, rows: alerting.outboxRows)
        externalURL = alerting.externalURL
    }
}

extension Endpoint {
    fileprivate init(_ settings: Configuration.AlertEndpoint) {
        self.init(name: settings.name, format: settings.format, target: settings.target)
        signing = settings.format.isSigned ? settings.signing : .none
        secrets = settings.secrets
        if let file = settings.clientCertificate, let key = settings.clientKey {
            clientCertificate = ClientCertificate(file: file, key: key)
        }
        trustedCertificates = settings.trustedCertificates
        matchers = settings.matchers
        minimumLevel = settings.minimumLevel.level
        types = Set(settings.types)
        sendsResolved = settings.sendsResolved
        grouping = Grouping(
            labels: settings.groupBy,
            wait: settings.groupWait,
            interval: settings.groupInterval,
            repeat: settings.repeatInterval
        )
        concurrency = settings.concurrency
        allowsPlainHTTP = settings.allowsPlainHTTP
        allowedNetworks = settings.allowedNetworks
        allowedPorts = settings.allowedPorts.compactMap { UInt16(exactly: $0) }
        sendsCloudEvents = settings.sendsCloudEvents
        template = settings.template
    }
}

extension AlertSettings {
    /// Those who are told; without any configured, one that is told of every alert by itself.
    package var toldEndpoints: [Endpoint] {
        guard endpoints.isEmpty else { return endpoints }
        var anybody = Endpoint(name: "anybody", format: .native, target: .url("https://example.org"))
        anybody.minimumLevel = .low
        return [anybody]
    }
}
