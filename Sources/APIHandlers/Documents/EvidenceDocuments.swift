import Domain
import Storage

struct SampleDocument: Encodable, Sendable {
    let sample: Int64
    let entity: String
    let time: String
    let tick: Int64
    let queries: Int
    let score: Double
    let scoreMilli: Int64
    let level: String
    let lane: String?
    let pinned: String?
    let derived: Bool
    let lanes: [LaneDocument]
    let evidenceBits: Double
    let evidenceUnits: Int64
    let contributions: [ContributionDocument]
    let configId: String
    let calibrationId: String?

    init(_ stored: StoredSample) {
        let sample = stored.sample
        self.sample = sample.id
        entity = sample.entity.description
        time = stored.time.description
        tick = sample.tick.index
        queries = sample.queries
        score = sample.score.points
        scoreMilli = sample.score
        level = sample.level.word
        lane = sample.lane?.description
        pinned = sample.pinned?.description
        derived = sample.isDerived
        lanes = LaneDocument.list(sample.lanes)
        evidenceBits = sample.evidence.bits
        evidenceUnits = sample.evidence
        contributions = sample.contributions.map(ContributionDocument.init)
        configId = stored.configurationID
        calibrationId = stored.calibrationID
    }
}

struct ExplanationDocument: Encodable, Sendable {
    let sample: SampleDocument
    let queries: [ObservationDocument]
    let truncated: Bool
}

struct LevelChangeDocument: Encodable, Sendable {
    let entity: String
    let kind: String
    let model: String?
    let name: String
    let time: String
    let sample: Int64
    let score: Double?
    let from: String
    let to: String

    init(_ stored: StoredLevelChange, score: Int64?) {
        let change = stored.change
        entity = change.entity.description
        kind = change.entity.kind
        model = change.entity.model?.name
        name = change.entity.title
        time = stored.time.description
        sample = change.sample
        self.score = score?.points
        from = change.from.description
        to = change.to.description
    }
}

struct ObservationDocument: Encodable, Sendable {
    struct Opinion: Encodable, Sendable {
        let name: String
        let score: Double
        let disagrees: Bool
    }

    struct Rung: Encodable, Sendable {
        let track: String
        let detector: String
        let rung: Int

        static func list(_ rungs: [DetectorRung], _ track: String) -> [Rung] {
            rungs.map { Rung(track: track, detector: $0.detector.name, rung: $0.rung) }
        }
    }

    let observation: Int64
    let record: String
    let time: String
    let model: String
    let modelVersion: String?
    let user: String
    let source: String?
    let `class`: String
    let probability: Double
    let tick: Int64
    let late: Bool
    let similarity: SimilarityDocument?
    let modelSimilarity: SimilarityDocument?
    let evidence: [DetectorEvidenceDocument]
    let opinions: [Opinion]
    let rungs: [Rung]
    let campaign: String?
    let campaignFall: Double?
    let repeatOf: Int64?
    let imageKept: Bool
    let degraded: [String]?

    init(_ kept: KeptObservation) {
        let (seen, record) = (kept.observation, kept.observation.record)
        degraded = record.degraded.isEmpty ? nil : record.degraded.map(\.description)
        observation = seen.sequence
        self.record = record.id.name
        time = record.time.description
        model = record.model.name
        modelVersion = record.modelVersion
        user = record.user.name
        source = record.source
        `class` = record.prediction.label
        probability = record.prediction.probability
        tick = seen.tick.index
        late = seen.isLate
        similarity = seen.findings.user.map(SimilarityDocument.init)
        modelSimilarity = seen.findings.model.map(SimilarityDocument.init)
        evidence = DetectorKind.all.compactMap { DetectorEvidenceDocument($0, seen.findings) }
        opinions = seen.findings.opinions.map {
            Opinion(name: $0.name, score: min(1, max(0, $0.score)), disagrees: $0.disagrees)
        }
        rungs =
            Rung.list(seen.userRungs, "user") + Rung.list(seen.modelRungs, "model")
            + Rung.list(seen.campaignRungs, "campaign")
        campaign = (seen.link?.step).map { Entity.campaign($0.campaign, model: record.model).description }
        campaignFall = seen.link?.step?.fall
        repeatOf = seen.link?.original
        imageKept = kept.isImageKept
    }
}

/// What one kind of detector says of a query besides similarity and opinions.
struct DetectorEvidenceDocument: Encodable, Sendable {
    /// One number of it.
    struct Field: Encodable, Sendable {
        let name: String
        let meaning: String
        let value: Double
    }

    let detector: String
    let meaning: String
    let score: Double
    let fields: [Field]

    /// nil where the kind has no evidence of its own, or says nothing of this record.
    init?(_ kind: DetectorKind, _ findings: Findings) {
        guard let evidence = kind.evidence, let values = evidence.values(findings) else { return nil }
        detector = kind.name
        meaning = kind.meaning
        score = evidence.score(values)
        fields = zip(evidence.fields, values).map { Field(name: $0.name, meaning: $0.meaning, value: $1) }
    }
}

struct SimilarityDocument: Encodable, Sendable {
    let nearest: Int64?
    let nearestRecord: String?
    let nearestUser: String?
    let distance: Double?
    let distanceAtLeast: Double
    let distanceAlarm: Int
    let predictionAlarm: Int
    let crossings: Int
    let descent: Double
    let exactRepeats: Int
    let searched: Int

    init(_ finding: SimilarityFinding) {
        nearest = finding.nearest?.sequence
        nearestRecord = finding.nearest?.record.name
        nearestUser = finding.nearest?.user.name
        distance = finding.minimumDistance
        distanceAtLeast = finding.lowerBound
        distanceAlarm = finding.distanceAlarm
        predictionAlarm = finding.predictionAlarm
        crossings = finding.crossings
        descent = finding.descent
        exactRepeats = finding.exactRepeats
        searched = finding.searched
    }
}

struct ChainStepDocument: Encodable, Sendable {
    let observation: Int64
    let record: String
    let time: String
    let user: String
    let `class`: String
    let probability: Double
    let firstClassProbability: Double?
    let fall: Double?
    let nearest: Int64?
    let nearestRecord: String?
    let nearestKept: Bool?
    let distance: Double?
    let rung: Int
    let repeatOf: Int64?
    let imageKept: Bool

    /// A step.
    ///
    /// - Parameters:
    ///   - kept: the observation.
    ///   - entity: whose chain it is: of a campaign the nearest is anybody's, of a user the user's own.
    init(_ kept: KeptObservation, in entity: Entity) {
        let (seen, record) = (kept.observation, kept.observation.record)
        let isOwn = entity.user != nil
        let finding = isOwn ? seen.findings.user : seen.findings.model
        let step = seen.link?.step
        // The first image is where a campaign begins, whatever lay near it.
        let isFirst = entity.campaign.map { step?.campaign != $0 } ?? false
        observation = seen.sequence
        self.record = record.id.name
        time = record.time.description
        user = record.user.name
        `class` = record.prediction.label
        probability = record.prediction.probability
        firstClassProbability = isFirst ? record.prediction.probability : step?.probability
        fall = isFirst ? nil : step?.fall
        nearest = isFirst ? nil : finding?.nearest?.sequence
        nearestRecord = isFirst ? nil : finding?.nearest?.record.name
        nearestKept = nearest == nil ? nil : kept.isNearestKept
        distance = isFirst ? nil : finding?.minimumDistance
        let rungs = isOwn ? seen.userRungs : seen.campaignRungs
        rung = rungs.map(\.rung).max() ?? 0
        repeatOf = seen.link?.original
        imageKept = kept.isImageKept
    }
}

struct CampaignDocument: Encodable, Sendable {
    let entity: String
    let model: String
    let number: Int64
    let `class`: String
    let peak: Double
    let members: Int64
    let accounts: Int64
    let repeats: Int64
    let first: String
    let last: String
    let highestLevel: String
    let highestScore: Double

    init(_ stored: StoredCampaign) {
        let campaign = stored.campaign
        entity = Entity.campaign(campaign.id, model: stored.model).description
        model = stored.model.name
        number = campaign.id
        `class` = campaign.label
        peak = campaign.peak
        members = campaign.members
        accounts = stored.accounts
        repeats = stored.repeats
        first = stored.first.description
        last = campaign.lastJoined.description
        highestLevel = stored.level.word
        highestScore = stored.score.points
    }
}

struct CampaignDetailDocument: Encodable, Sendable {
    let campaign: CampaignDocument
    let users: [String]
}

struct EntityDetailDocument: Encodable, Sendable {
    struct Baseline: Encodable, Sendable {
        let kind: String
        let stratum: String?
        let calibrationId: String?
    }

    let asOf: String?
    let standing: StandingDocument
    let thresholds: ThresholdsDocument
    let criticality: Double?
    let contributions: [ContributionDocument]
    let lanes: [LaneDocument]
    let clears: [ClearingDocument]
    let baseline: Baseline?
    let spark: SparkDocument
    let lastSample: Int64?
    let recentAlerts: [AlertDocument]
}
