/// What a receiver needs of its endpoint's settings; the configuration's rules and the routes go by these.
extension EndpointFormat {
    /// Whether its messages are lines for a syslog receiver; else they are bodies of HTTP requests.
    package var isLines: Bool { self == .syslog || self == .cef }

    /// Whether its receivers check signatures, so that `signing` says something.
    package var isSigned: Bool { self == .native }

    /// The secret without which it takes nothing, in words; nil: it needs none.
    package var requiredSecret: String? { self == .pagerduty ? "a routing key" : nil }

    /// Whether the user writes its messages.
    package var needsTemplate: Bool { self == .template }
}
