import Configuration
import Domain
import HTTPAPI
import Notifying
import Pipeline
import Runtime
import Scoring
import Storage

/// Answers what the API is asked, from the database and from what the daemon knows of itself.
struct RequestHandlers: Sendable {
    let configuration: Configuration
    let settings: AlertSettings
    /// Connections that only read.
    let readers: StorePool
    /// Connections by which people's requests are written down.
    let writers: StorePool
    /// Connections that read for as long as an export takes.
    let exporters: StorePool
    let standings: Standings
    let detectors: DetectorReport
    let metrics: Metrics
    /// What the daemon knows of itself.
    let service: ServiceBoard
    let hub: EventHub
    /// What the daemon is blind for just now, a sentence each.
    let blindness: @Sendable () -> [String]
    /// The time by which sessions and tokens expire.
    let now: @Sendable () -> Timestamp
    /// Whether a sample is being computed again.
    let recomputing = Shared(false)

    /// A handler for every operation but the stream of events.
    var handlers: [Operation: APIService.Handler] {
        var handlers: [Operation: APIService.Handler] = [:]
        for group in [
            riskHandlers, evidenceHandlers, alertHandlers, deliveryHandlers, auditHandlers, serviceHandlers,
        ] {
            handlers.merge(group) { first, _ in first }
        }
        return handlers
    }

    private var riskHandlers: [Operation: APIService.Handler] {
        [
            .getOverview: overview, .listEntities: entities, .getEntity: entity, .getSeries: series,
            .listLevelChanges: levelChanges, .listDetectors: detectorList,
            .listCoverage: coverageList, .listBlindAccounts: blindAccounts,
            .listCalibrations: calibrationList, .getCalibration: calibration,
        ]
    }

    private var evidenceHandlers: [Operation: APIService.Handler] {
        [
            .listSamples: samples, .getSample: sample, .explainSample: explanation,
            .recomputeSample: recomputation,
            .listObservations: observations, .getObservation: observation, .getImage: image,
            .getDifference: difference, .listCampaigns: campaigns, .getCampaign: campaign,
            .getCampaignChain: campaignChain,
        ]
    }

    private var alertHandlers: [Operation: APIService.Handler] {
        [
            .listAlerts: alerts, .getAlert: alert, .getAlertChain: alertChain,
            .listAlertDeliveries: alertDeliveries, .actOnAlert: actOnAlert,
        ]
    }

    private var deliveryHandlers: [Operation: APIService.Handler] {
        [
            .listSilences: silences, .addSilence: addSilence, .previewSilence: previewSilence,
            .endSilence: endSilence, .listEndpoints: endpoints, .listAttempts: attempts,
            .testEndpoint: testEndpoint, .resendMessages: resendMessages,
            .setEndpointState: setEndpointState,
        ]
    }

    private var auditHandlers: [Operation: APIService.Handler] {
        [
            .auditActions: auditActions, .auditReads: auditReads, .queryAudit: queryAudit,
            .exportAudit: exportAudit, .getAuditManifest: auditManifest, .getAuditSample: auditSample,
            .listHiddenAlerts: hiddenAlerts, .getFalseAlarms: falseAlarms, .eraseUser: eraseUser,
            .getErasure: erasure, .listAuditDatasets: auditDatasets,
        ]
    }

    private var serviceHandlers: [Operation: APIService.Handler] {
        [
            .signIn: signIn, .signOut: signOut, .getMe: me, .listTokens: tokens, .createToken: createToken,
            .revokeToken: revokeToken, .createLoginLink: createLoginLink,
            .getDescription: { _ in APIDescription.answer },
            .getLiveness: { _ in .text(Array("ok\n".utf8), type: "text/plain; charset=utf-8") },
            .getMetrics: { [metrics] _ in
                .text(Array(metrics.render().utf8), type: "text/plain; version=0.0.4; charset=utf-8")
            },
        ]
    }

    /// How everybody stands, once anything was scored.
    func snapshot() async throws -> Standings.Snapshot {
        guard let snapshot = try await standings.current() else {
            throw APIFailure.notFound("nothing has been scored yet")
        }
        return snapshot
    }
}

/// What an error is to a caller; what it says of the inside stays in the log.
func apiFailure(_ error: any Error) -> APIFailure {
    guard let error = error as? StorageError else { return .defect }
    if case .unknownColumn = error { return .unprocessable("match", "\(error)") }
    if error.isTimeout { return .unavailable("the database took too long: ask for less") }
    return error.isTransient ? .unavailable("the database does not answer") : .defect
}
