/// Whose earlier inputs a similarity finding compares with, and so whose track its scores feed.
package enum SimilarityScope: String, Sendable, CaseIterable {
    /// The same user's.
    case user
    /// Everybody's, on the same model.
    case model
    /// Everybody's of one campaign: near-duplicates only, whose scores have a distribution of their own.
    case campaign
}

/// The earlier input that a query is nearest to.
package struct Neighbour: Hashable, Sendable {
    /// The global sequence number of the earlier observation.
    package let sequence: Int64
    package let record: RecordID
    /// Who sent it.
    package let user: UserID

    package init(sequence: Int64, record: RecordID, user: UserID) {
        self.sequence = sequence
        self.record = record
        self.user = user
    }
}

/// What similarity says of one query in one scope (paper §4.3).
package struct SimilarityFinding: Hashable, Sendable {
    /// The distance to the nearest earlier image that is not byte-identical; nil when none lies within the cap.
    package let minimumDistance: Double?
    /// No earlier, not byte-identical image is nearer than this; equals `minimumDistance` where that is known,
    /// else the search cap.
    package let lowerBound: Double
    /// The image at `minimumDistance`; the earliest of equals.
    package let nearest: Neighbour?
    /// How many earlier, not byte-identical images are nearer than the threshold.
    package let distanceAlarm: Int
    /// The sequence numbers of these images, newest first; of more than ``mostNear`` the newest.
    package let near: [Int64]
    /// Among those, how many had a higher probability of their own class than the query now gives that class.
    package let predictionAlarm: Int
    /// Among those, how many got another class than the query.
    package let crossings: Int
    /// The steepest fall of an earlier image's class on the way to the query; 0 where none fell.
    ///
    /// Log-odds (nats) per unit of change, times the share of the change that no camera makes, from the nearest image or
    /// from the oldest that is nearer than the threshold. The unit is a grey level (root mean square), or a hundredth
    /// of the distance of feature vectors, of which no camera makes any.
    package let descent: Double
    /// The sequence number of the image that `descent` starts from; nil where it is 0.
    package let steepest: Int64?
    /// How many earlier images are byte-identical.
    package let exactRepeats: Int
    /// The sequence number of the newest of these; nil where there are none, and of an observation that was read back.
    package let repeated: Int64?
    /// How many earlier images were in scope.
    package let searched: Int
    /// Whether an earlier input in scope is identical, nearer than the threshold, or shows the same once it is moved: of the same
    /// scene, whatever it shows.
    package var isSceneKnown: Bool { distanceAlarm > 0 || exactRepeats > 0 || (jitter?.matches ?? 0) > 0 }
    /// How the user's recent images show the same scene, moved; nil in other scopes, and where no images are compared.
    package var jitter: JitterFinding?

    /// The most images that are named, of those nearer than the threshold.
    package static let mostNear = 16

    package init(
        minimumDistance: Double?,
        lowerBound: Double,
        nearest: Neighbour?,
        distanceAlarm: Int,
        near: [Int64] = [],
        predictionAlarm: Int,
        crossings: Int = 0,
        descent: Double = 0,
        steepest: Int64? = nil,
        exactRepeats: Int,
        repeated: Int64? = nil,
        searched: Int
    ) {
        self.minimumDistance = minimumDistance
        self.lowerBound = lowerBound
        self.nearest = nearest
        self.distanceAlarm = distanceAlarm
        self.near = near
        self.predictionAlarm = predictionAlarm
        self.crossings = crossings
        self.descent = descent
        self.steepest = steepest
        self.exactRepeats = exactRepeats
        self.repeated = repeated
        self.searched = searched
    }
}

/// What a second model says of one record (paper figure 8).
package struct OpinionFinding: Hashable, Sendable {
    /// The configured name of the opinion.
    package let name: String
    /// The index of the class that the second model prefers (the first of equals).
    package let classIndex: Int
    /// The second model's probability of the logged class, 0 … 1.
    package let probabilityOfLogged: Double
    /// Whether the second model's class differs from the logged one: the paper's alarm.
    package let disagrees: Bool
    /// Which files answered: the first 16 hexadecimal digits of each one's SHA-256, joined by `+`.
    package let modelDigest: String

    /// `1 - p2(c)`, 0 … 1.
    package var score: Double { 1 - probabilityOfLogged }

    package init(
        name: String,
        classIndex: Int,
        probabilityOfLogged: Double,
        disagrees: Bool,
        modelDigest: String
    ) {
        self.name = name
        self.classIndex = classIndex
        self.probabilityOfLogged = probabilityOfLogged
        self.disagrees = disagrees
        self.modelDigest = modelDigest
    }
}

/// What every detector says of one record.
package struct Findings: Hashable, Sendable {
    /// Similarity against the same user's inputs; nil when the record lacks what is compared.
    package var user: SimilarityFinding?
    /// Similarity against everybody's inputs; nil when the record lacks what is compared.
    package let model: SimilarityFinding?
    /// The second opinions, in configured order; an opinion that could not be formed is missing.
    package let opinions: [OpinionFinding]

    /// What kinds of detectors say that have no place above, by the kind's name (``DetectorEvidence/kept(by:_:score:)``).
    package var evidence: [String: [Double]] = [:]

    package init(user: SimilarityFinding?, model: SimilarityFinding?, opinions: [OpinionFinding]) {
        self.user = user
        self.model = model
        self.opinions = opinions
    }

    /// Whether the user sent an input of the same scene before.
    package var isSceneKnown: Bool { user?.isSceneKnown ?? false }

    /// Names the definition of similarity's scores: calibrations of other definitions do not fit.
    package static let similarityScores = "descent"

    /// The calibrated scores that feed a track, by detector; larger means more suspicious.
    ///
    /// - Parameter scope: a user's track is fed by the user scope, a model's by the model scope; opinions feed both.
    /// - Returns: what each kind of detector makes of it, such as `similarity.user.descent` or `opinion.NAME`, ordered by name.
    ///   What similarity counts besides is evidence, but no score: ordinary near-duplicates raise it as much as attacks do.
    package func scores(for scope: SimilarityScope) -> [(detector: DetectorID, score: Double)] {
        DetectorKind.all.flatMap { $0.scores(self, scope) }.sorted { $0.detector < $1.detector }
    }
}

/// A detector's rung for one record: how many of its calibrated thresholds the score exceeds.
package struct DetectorRung: Hashable, Sendable {
    package let detector: DetectorID
    /// 0 (unremarkable) … the number of rungs.
    package let rung: Int

    package init(detector: DetectorID, rung: Int) {
        self.detector = detector
        self.rung = rung
    }
}

/// A record, every detector's scores for it, and the tick that it was scored in.
package struct Observation: Hashable, Sendable {
    /// The place in the one order in which records are scored: 1, 2, … without gaps.
    package let sequence: Int64
    /// The record; its image is kept apart.
    package let record: Record
    /// What the detectors say.
    package let findings: Findings
    /// The tick that it counts in: its own, or the first open one where its own was already closed.
    package let tick: Tick
    /// Whether its own tick was already closed.
    package let isLate: Bool
    /// Whether its time was far ahead of its source's others, or of the wall clock; then it counts where they were.
    package let isAhead: Bool
    /// Rungs that feed the user's track, ordered by detector; empty when uncalibrated.
    package let userRungs: [DetectorRung]
    /// Rungs that feed the model's track, ordered by detector; empty when uncalibrated.
    package let modelRungs: [DetectorRung]
    /// How its image goes on with earlier ones; nil where it does not.
    package let link: ChainLink?
    /// Rungs that feed its campaign's track, ordered by detector; empty without one and when uncalibrated.
    package let campaignRungs: [DetectorRung]
    /// The artefact that gave the user's rungs; nil: the model's pooled calibration in that epoch.
    package let userCalibration: String?

    package init(
        sequence: Int64,
        record: Record,
        findings: Findings,
        tick: Tick,
        isLate: Bool,
        isAhead: Bool = false,
        userRungs: [DetectorRung],
        modelRungs: [DetectorRung],
        link: ChainLink? = nil,
        campaignRungs: [DetectorRung] = [],
        userCalibration: String? = nil
    ) {
        self.sequence = sequence
        self.record = record
        self.findings = findings
        self.tick = tick
        self.isLate = isLate
        self.isAhead = isAhead
        self.userRungs = userRungs
        self.modelRungs = modelRungs
        self.link = link
        self.campaignRungs = campaignRungs
        self.userCalibration = userCalibration
    }
}
