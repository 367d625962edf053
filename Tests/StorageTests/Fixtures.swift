import Domain
import PostgresClient
import RiskdTesting

@testable import Storage

/// A store over an empty, migrated database that this process owns.
func makeStore(owner: String = "test") async throws -> (store: Store, connectionString: String) {
    let connectionString = try await TestCluster.freshDatabase()
    let store = try await Store.connect(connectionString)
    try await store.migrate()
    try await store.takeOwnership(name: owner, tickLength: .seconds(60))
    return (store, connectionString)
}

/// A session with the store's search path, for looking behind its back.
func makeSession(_ connectionString: String) async throws -> PostgresSession {
    try await PostgresSession.connect(connectionString, preamble: "set search_path = riskd;")
}

let awkward = "O'Neil \\N \\. \"x\"\t\n{a,b} NULL 雪 \u{301}é 👩‍🚀 $1"
let start = Timestamp(milliseconds: 1_772_438_897_995)

func makeObservation(
    _ sequence: Int64,
    user: String = "user-1",
    model: String = "fashion",
    time: Timestamp = start,
    image: Image? = nil,
    features: [Float]? = nil,
    isRich: Bool = true,
    link: ChainLink? = nil
) -> Observation {
    var finding = SimilarityFinding(
        minimumDistance: 0.1 + 0.2,
        lowerBound: 0.1 + 0.2,
        nearest: Neighbour(sequence: 1, record: RecordID(awkward), user: UserID(awkward)),
        distanceAlarm: 3,
        near: [40, 7, 1],
        predictionAlarm: 2,
        crossings: 1,
        descent: 0.7,
        steepest: 7,
        exactRepeats: 1,
        searched: 4000
    )
    finding.jitter = JitterFinding(matches: 32, moved: 30, independence: 1.0 / 3)
    let far = SimilarityFinding(
        minimumDistance: nil,
        lowerBound: 0.3,
        nearest: nil,
        distanceAlarm: 0,
        predictionAlarm: 0,
        exactRepeats: 0,
        searched: 0
    )
    let opinion = OpinionFinding(
        name: "encoder",
        classIndex: 7,
        probabilityOfLogged: 1.0 / 3,
        disagrees: true,
        modelDigest: "0123456789abcdef+fedcba9876543210"
    )
    return Observation(
        sequence: sequence,
        record: Record(
            id: RecordID("record-\(sequence)"),
            time: time,
            model: ModelID(model),
            modelVersion: isRich ? awkward : nil,
            user: UserID(user),
            source: isRich ? "10.0.0.1" : nil,
            image: image,
            features: features,
            prediction: Prediction(
                label: isRich ? awkward : "",
                probability: 0.987_654_321_098_765_4,
                probabilities: image == nil ? nil : [0.1, 0.9]
            ),
            degraded: isRich ? [DegradedField("source", "cut"), DegradedField("input", "bad_base64")] : []
        ),
        findings: Findings(
            user: isRich ? finding : nil,
            model: isRich ? far : nil,
            opinions: isRich ? [opinion] : []
        ),
        tick: Tick(time.milliseconds.floorDivided(by: 60_000)),
        isLate: !isRich,
        userRungs: isRich ? [DetectorRung(detector: DetectorID("opinion.encoder"), rung: 3)] : [],
        modelRungs: isRich ? [DetectorRung(detector: DetectorID("opinion.encoder"), rung: 0)] : [],
        link: link,
        campaignRungs: link?.step == nil
            ? [] : [DetectorRung(detector: DetectorID("similarity.campaign.fall"), rung: 2)]
    )
}

func makeBatch(_ expected: Int64, _ observations: [Observation] = []) -> CommitBatch {
    var batch = CommitBatch(
        expectedBatch: expected,
        sequence: observations.last?.sequence ?? 0,
        watermark: start,
        lastClosedTick: nil,
        nextSampleID: 1,
        configurationID: "sha256:c",
        received: start
    )
    batch.observations = observations
    batch.calibrationIDs = [ModelID("fashion"): "sha256:f"]
    return batch
}

func withoutImage(_ observation: Observation) -> Observation {
    let record = observation.record
    return Observation(
        sequence: observation.sequence,
        record: Record(
            id: record.id,
            time: record.time,
            model: record.model,
            modelVersion: record.modelVersion,
            user: record.user,
            source: record.source,
            prediction: Prediction(
                label: record.prediction.label,
                probability: record.prediction.probability
            ),
            degraded: record.degraded
        ),
        findings: observation.findings,
        tick: observation.tick,
        isLate: observation.isLate,
        userRungs: observation.userRungs,
        modelRungs: observation.modelRungs,
        link: observation.link,
        campaignRungs: observation.campaignRungs
    )
}
