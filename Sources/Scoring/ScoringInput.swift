package import Domain

/// What scoring needs of one record.
package struct ScoringInput: Hashable, Sendable {
    /// The model that answered.
    package let model: ModelID
    /// Who asked.
    package let user: UserID
    /// When the inference was served.
    package let time: Timestamp
    /// Rungs that feed the user's track, each detector at most once.
    package let userRungs: [DetectorRung]
    /// The artefact that gave the user's rungs; nil: the model's pooled calibration.
    package let userCalibration: String?
    /// Rungs that feed the model's track, each detector at most once.
    package let modelRungs: [DetectorRung]
    /// The campaign that the record joined; nil for none.
    package let campaign: Int64?
    /// Rungs that feed the campaign's track, each detector at most once.
    package let campaignRungs: [DetectorRung]
    /// Whether the input shows a scene that the user sent before: an opinion of it is no news where it was remarkable just now.
    package let isSceneKnown: Bool

    package init(
        model: ModelID,
        user: UserID,
        time: Timestamp,
        userRungs: [DetectorRung],
        userCalibration: String? = nil,
        modelRungs: [DetectorRung],
        campaign: Int64? = nil,
        campaignRungs: [DetectorRung] = [],
        isSceneKnown: Bool = false
    ) {
        self.model = model
        self.user = user
        self.time = time
        self.userRungs = userRungs
        self.userCalibration = userCalibration
        self.modelRungs = modelRungs
        self.campaign = campaign
        self.campaignRungs = campaignRungs
        self.isSceneKnown = isSceneKnown
    }
}
