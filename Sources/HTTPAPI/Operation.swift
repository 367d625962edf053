/// The operations of the API, named as docs/openapi.yaml names them.
package enum Operation: String, Hashable, Sendable, CaseIterable {
    case signIn, signOut, getMe
    case getOverview, streamEvents
    case listEntities, getEntity, getSeries, listLevelChanges
    case listSamples, getSample, explainSample, recomputeSample
    case listObservations, getObservation, getImage, getDifference
    case listCampaigns, getCampaign, getCampaignChain
    case listAlerts, getAlert, getAlertChain, listAlertDeliveries, actOnAlert
    case listSilences, addSilence, previewSilence, endSilence
    case listEndpoints, listAttempts, testEndpoint, resendMessages, setEndpointState
    case listDetectors, listCoverage, listBlindAccounts, listCalibrations, getCalibration
    case auditActions, auditReads, listAuditDatasets, queryAudit, getAuditSample, listHiddenAlerts,
        getFalseAlarms
    case exportAudit, getAuditManifest
    case eraseUser, getErasure
    case listTokens, createToken, revokeToken, createLoginLink
    case getDescription, getLiveness, getMetrics
}
