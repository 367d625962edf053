import Domain

/// One kind of receiver: how messages look to it, what its answers mean, what it needs and what it forgets.
///
/// What is peculiar to one stands in its folder and nowhere else: the worker and the sender name none.
protocol Receiver: Sendable {
    /// Makes one for an endpoint.
    ///
    /// - Parameter setup: what is configured, and what it names.
    /// - Throws: `FormatError` where something is missing that the receiver needs; `SecretError` where a secret is missing
    ///   or not of the form that the receiver gives out.
    init(_ setup: ReceiverSetup) throws

    /// Writes a message in the receiver's language.
    ///
    /// - Parameters:
    ///   - message: what to say.
    ///   - context: what all messages have in common.
    /// - Returns: the payload; nil when the receiver has no word for such a message.
    /// - Throws: `FormatError`.
    func render(_ message: Message, _ context: MessageContext) throws(FormatError) -> Payload?

    /// What an HTTP status means where it means another thing here than at most receivers.
    ///
    /// - Parameter status: 100 to 599.
    /// - Returns: the outcome of the attempt; nil: what docs/webhooks.md#answer says.
    func outcome(ofStatus status: Int) -> DeliveryAttempt.Outcome?

    /// How a receiver that forgets is told again; nil: it knows what it was told once.
    var reminding: Reminding? { get }
}

extension Receiver {
    func outcome(ofStatus status: Int) -> DeliveryAttempt.Outcome? { nil }

    var reminding: Reminding? { nil }
}

/// What a receiver is made of.
struct ReceiverSetup: Sendable {
    /// As configured.
    let endpoint: Endpoint
    /// Reads secrets.
    let secrets: SecretReader
    /// The text of the endpoint's template; nil: it names none.
    let template: String?

    init(_ endpoint: Endpoint, secrets: SecretReader, template: String? = nil) {
        self.endpoint = endpoint
        self.secrets = secrets
        self.template = template
    }
}

/// How a receiver that forgets alerts is told of them again.
struct Reminding: Sendable {
    /// How often a firing alert is told of again.
    let interval: Duration
    /// How long the end of an alert is told of again, so that it is not missed.
    let lifetime: Duration
    /// Parts alerts into those that one message can tell of, leaving none out.
    let packed: @Sendable ([AlertSnapshot], MessageContext) -> [[AlertSnapshot]]
}

extension EndpointFormat {
    /// The receiver that reads this format.
    var receiver: any Receiver.Type {
        switch self {
        case .native: NativeReceiver.self
        case .alertmanager: AlertmanagerReceiver.self
        case .alertmanagerPush: AlertmanagerPushReceiver.self
        case .pagerduty: PagerDutyReceiver.self
        case .slack: SlackReceiver.self
        case .ocsf: OCSFReceiver.self
        case .syslog: SyslogReceiver.self
        case .cef: CEFReceiver.self
        case .template: TemplateReceiver.self
        }
    }
}
