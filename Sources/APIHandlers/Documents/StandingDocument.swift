import Domain
import Scoring

struct StandingDocument: Encodable, Sendable {
    let entity: String
    let kind: String
    let model: String?
    let name: String
    let score: Double
    let level: String
    let lane: String?
    let evidenceBits: Double?
    let pinned: String?
    let derived: Bool
    let since: String?
    let lastSeen: String?

    init(_ assessment: Assessment, _ snapshot: Standings.Snapshot, since: Timestamp?) {
        entity = assessment.entity.description
        kind = assessment.entity.kind
        model = assessment.entity.model?.name
        name = assessment.entity.title
        score = assessment.score.points
        level = assessment.level.word
        lane = (assessment.evidence > 0 ? assessment.lane : nil)?.description
        evidenceBits = assessment.level == nil ? nil : assessment.evidence.bits
        pinned = assessment.pinned?.description
        derived = assessment.isDerived
        self.since = since?.description
        lastSeen = snapshot.engine.state(of: assessment.entity)?.tick
            .map { snapshot.configuration.end(of: $0).description }
    }
}
