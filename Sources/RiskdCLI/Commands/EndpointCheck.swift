import Alerting
import Configuration
import Console
import Crypto
import Domain
import Notifying
import Pipeline
import Runtime

extension Command {
    /// The endpoints' verdicts: what can be told of addresses, secrets, templates and files for TLS without asking
    /// anybody, and with `isOnline` whether a test message is taken.
    static func checkEndpoints(
        _ configuration: Configuration,
        isOnline: Bool,
        _ checklist: inout Checklist
    ) async {
        let settings = AlertSettings(configuration)
        guard !settings.endpoints.isEmpty else {
            checklist.warned("endpoints", "none: nobody is told of alerts")
            return
        }
        do {
            for (endpoint, route) in try DeliveryRoutes.make(
                settings.endpoints,
                externalURL: settings.externalURL
            ) {
                await check(endpoint, route, configuration, isOnline: isOnline, &checklist)
            }
        } catch {
            checklist.failed("endpoints", "\(error)")
        }
    }

    private static func check(
        _ endpoint: Endpoint,
        _ route: Result<EndpointRoute, RouteError>,
        _ configuration: Configuration,
        isOnline: Bool,
        _ checklist: inout Checklist
    ) async {
        let subject = "endpoint \(endpoint.name)"
        let refusal: String?
        do {
            refusal = try route.get().refusal
        } catch {
            return checklist.failed(subject, error.reason)
        }
        if let refusal { return checklist.failed(subject, refusal) }
        for warning in warnings(endpoint) { checklist.warned(subject, warning) }
        let way = "\(endpoint.format.rawValue) to \(endpoint.target.redacted)"
        guard isOnline else {
            let signing =
                endpoint.signing == .none ? "not signed" : "signed with \(endpoint.signing.rawValue)"
            return checklist.passed(subject, "\(way), \(signing)")
        }
        do {
            let (receipt, _) = try await DeliveryRoutes.test(endpoint.name, configuration)
            let status = receipt.status.map { " with status \($0)" } ?? ""
            let detail = receipt.detail.isEmpty ? "" : ": \(receipt.detail)"
            let text = "\(way): a test message was \(receipt.outcome.rawValue)\(status)\(detail)"
            receipt.outcome == .delivered ? checklist.passed(subject, text) : checklist.failed(subject, text)
        } catch {
            checklist.failed(subject, "\(error)")
        }
    }

    /// What works today, and will not or need not tomorrow.
    private static func warnings(_ endpoint: Endpoint) -> [String] {
        var warnings: [String] = []
        let now = Timestamp.now
        if endpoint.allowsPlainHTTP, case .url(let text) = endpoint.target, text.hasPrefix("http:") {
            warnings.append("messages are not encrypted on their way")
        }
        let files = [endpoint.trustedCertificates, endpoint.clientCertificate?.file].compactMap { $0 }
        for file in files {
            guard let certificate = try? CertificateFile(path: file) else { continue }
            let end = Timestamp(milliseconds: certificate.expires * 1000)
            if end < now {
                warnings.append("the certificate \(file) expired at \(end)")
            } else if end < now + .seconds(30 * 86_400) {
                warnings.append("the certificate \(file) expires at \(end)")
            }
        }
        for case .file(let path) in endpoint.secrets where endpoint.signing != .none {
            let rotation = SecretRotation(path: path)
            guard let previous = try? rotation.previous(.ofProcess) else { continue }
            warnings.append(
                previous.until > now
                    ? "the old secret signs as well until \(previous.until)"
                    : "\(rotation.previousPath) is out of force: riskd rotate-secret --finish removes it"
            )
        }
        if endpoint.signing != .none, endpoint.secrets.count > 1 {
            warnings.append("two secrets sign: take the old one out when receivers have the new one")
        }
        return warnings
    }
}
