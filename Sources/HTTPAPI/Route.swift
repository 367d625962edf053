package import Domain

/// One operation: by which method and path it is asked for, and who may.
package struct Route: Hashable, Sendable {
    /// Who may call.
    package enum Access: Hashable, Sendable {
        /// Anybody, signed in or not.
        case everybody
        /// Anybody who is signed in.
        case anyCaller
        /// Those whose roles allow this.
        case holders(of: Permission)
    }

    /// What it does.
    package let operation: Operation
    /// Such as `GET`.
    package let method: String
    /// The path's parts; `{name}` stands for an argument.
    package let path: [String]
    /// Who may call.
    package let access: Access
    /// Whether it takes a body, which is JSON.
    package let hasBody: Bool

    init(
        _ operation: Operation,
        _ method: String,
        _ path: String,
        _ access: Access,
        body: Bool = false
    ) {
        self.operation = operation
        self.method = method
        self.path = path.split(separator: "/").map(String.init)
        self.access = access
        hasBody = body
    }

    /// The path as docs/openapi.yaml has it.
    package var template: String { "/" + path.joined(separator: "/") }

    /// Whether a caller with a role may call.
    ///
    /// - Parameter role: nil: nobody is signed in.
    /// - Returns: whether.
    package func admits(_ role: Role?) -> Bool {
        switch access {
        case .everybody: true
        case .anyCaller: role != nil
        case .holders(let permission): role?.permissions.contains(permission) ?? false
        }
    }

    /// The arguments in a path; nil when it is not this route's.
    ///
    /// - Parameter segments: the decoded parts of a request's path.
    /// - Returns: arguments by name.
    func arguments(in segments: [String]) -> [String: String]? {
        guard segments.count == path.count else { return nil }
        var arguments: [String: String] = [:]
        for (part, segment) in zip(path, segments) {
            if part.hasPrefix("{") {
                arguments[String(part.dropFirst().dropLast())] = segment
            } else if part != segment {
                return nil
            }
        }
        return arguments
    }
}

extension Route {
    /// The route table.
    ///
    /// Literal paths stand before those with arguments that they would match.
    package static let all: [Route] = [
        Route(.signIn, "POST", "/api/v1/session", .everybody, body: true),
        Route(.signOut, "DELETE", "/api/v1/session", .anyCaller),
        Route(.getMe, "GET", "/api/v1/me", .anyCaller),
        Route(.getOverview, "GET", "/api/v1/overview", .holders(of: .read)),
        Route(.streamEvents, "GET", "/api/v1/events", .holders(of: .read)),
        Route(.listEntities, "GET", "/api/v1/entities", .holders(of: .read)),
        Route(.getEntity, "GET", "/api/v1/entities/{entity}", .holders(of: .read)),
        Route(.getSeries, "GET", "/api/v1/entities/{entity}/series", .holders(of: .read)),
        Route(.listLevelChanges, "GET", "/api/v1/level-changes", .holders(of: .read)),
        Route(.listSamples, "GET", "/api/v1/samples", .holders(of: .read)),
        Route(.getSample, "GET", "/api/v1/samples/{sample}", .holders(of: .read)),
        Route(.explainSample, "GET", "/api/v1/samples/{sample}/explanation", .holders(of: .read)),
        Route(.recomputeSample, "GET", "/api/v1/samples/{sample}/recomputation", .holders(of: .audit)),
        Route(.listObservations, "GET", "/api/v1/observations", .holders(of: .read)),
        Route(.getObservation, "GET", "/api/v1/observations/{observation}", .holders(of: .read)),
        Route(.getImage, "GET", "/api/v1/observations/{observation}/image", .holders(of: .images)),
        Route(.getDifference, "GET", "/api/v1/observations/{observation}/difference", .holders(of: .images)),
        Route(.listCampaigns, "GET", "/api/v1/campaigns", .holders(of: .read)),
        Route(.getCampaign, "GET", "/api/v1/campaigns/{entity}", .holders(of: .read)),
        Route(.getCampaignChain, "GET", "/api/v1/campaigns/{entity}/chain", .holders(of: .read)),
        Route(.listAlerts, "GET", "/api/v1/alerts", .holders(of: .read)),
        Route(.getAlert, "GET", "/api/v1/alerts/{alert}", .holders(of: .read)),
        Route(.getAlertChain, "GET", "/api/v1/alerts/{alert}/chain", .holders(of: .read)),
        Route(.listAlertDeliveries, "GET", "/api/v1/alerts/{alert}/deliveries", .holders(of: .read)),
        Route(.actOnAlert, "POST", "/api/v1/alerts/{alert}/actions", .holders(of: .act), body: true),
        Route(.listSilences, "GET", "/api/v1/silences", .holders(of: .read)),
        Route(.addSilence, "POST", "/api/v1/silences", .holders(of: .act), body: true),
        Route(.previewSilence, "POST", "/api/v1/silences/preview", .holders(of: .preview), body: true),
        Route(.endSilence, "DELETE", "/api/v1/silences/{silence}", .holders(of: .act)),
        Route(.listEndpoints, "GET", "/api/v1/endpoints", .holders(of: .read)),
        Route(.listAttempts, "GET", "/api/v1/endpoints/{endpoint}/attempts", .holders(of: .read)),
        Route(.testEndpoint, "POST", "/api/v1/endpoints/{endpoint}/test", .holders(of: .manage)),
        Route(
            .resendMessages,
            "POST",
            "/api/v1/endpoints/{endpoint}/resend",
            .holders(of: .manage),
            body: true
        ),
        Route(
            .setEndpointState,
            "PUT",
            "/api/v1/endpoints/{endpoint}/state",
            .holders(of: .manage),
            body: true
        ),
        Route(.listDetectors, "GET", "/api/v1/detectors", .holders(of: .read)),
        Route(.listCoverage, "GET", "/api/v1/coverage", .holders(of: .read)),
        Route(.listBlindAccounts, "GET", "/api/v1/coverage/accounts", .holders(of: .read)),
        Route(.listCalibrations, "GET", "/api/v1/calibrations", .holders(of: .read)),
        Route(.getCalibration, "GET", "/api/v1/calibrations/{calibration}", .holders(of: .read)),
        Route(.auditActions, "GET", "/api/v1/audit/actions", .holders(of: .audit)),
        Route(.auditReads, "GET", "/api/v1/audit/reads", .holders(of: .audit)),
        Route(.listAuditDatasets, "GET", "/api/v1/audit/datasets", .holders(of: .audit)),
        Route(.queryAudit, "GET", "/api/v1/audit/datasets/{dataset}", .holders(of: .audit)),
        Route(.exportAudit, "GET", "/api/v1/audit/datasets/{dataset}/export", .holders(of: .audit)),
        Route(.getAuditManifest, "GET", "/api/v1/audit/datasets/{dataset}/manifest", .holders(of: .audit)),
        Route(.getAuditSample, "GET", "/api/v1/audit/sample", .holders(of: .audit)),
        Route(.listHiddenAlerts, "GET", "/api/v1/audit/hidden-alerts", .holders(of: .audit)),
        Route(.getFalseAlarms, "GET", "/api/v1/audit/false-alarms", .holders(of: .audit)),
        Route(.eraseUser, "POST", "/api/v1/erasures", .holders(of: .erase), body: true),
        Route(.getErasure, "GET", "/api/v1/erasures/{erasure}", .holders(of: .erase)),
        Route(.listTokens, "GET", "/api/v1/tokens", .holders(of: .tokens)),
        Route(.createToken, "POST", "/api/v1/tokens", .holders(of: .manage), body: true),
        Route(.revokeToken, "DELETE", "/api/v1/tokens/{token}", .holders(of: .manage)),
        Route(.createLoginLink, "POST", "/api/v1/tokens/{token}/links", .holders(of: .manage), body: true),
        Route(.getDescription, "GET", "/api/v1/openapi.yaml", .everybody),
        Route(.getLiveness, "GET", "/livez", .everybody),
        Route(.getMetrics, "GET", "/metrics", .holders(of: .metrics)),
    ]
}
