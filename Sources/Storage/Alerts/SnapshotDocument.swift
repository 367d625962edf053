import Domain
import Foundation

/// An alert's snapshot as it is stored: JSON with sorted keys, so that equal snapshots are equal to the byte.
struct SnapshotDocument: Codable {
    private struct Part: Codable {
        let name: String
        let milli: Int64
    }

    private let id: String
    private let kind: String
    private let model: String
    private let name: String
    private let dedupKey: String
    private let state: String
    private let assignee: String?
    private let verdict: String?
    private let score: Int64?
    private let level: Int
    private let previousLevel: Int
    private let peakLevel: Int
    private let pinned: Bool
    private let lane: Int?
    private let evidence: Int64
    private let impactWeight: Int64
    private let bound: Double?
    private let confidence: Double?
    private let contributions: [Part]
    private let techniques: [String]
    private let detail: String
    private let starts: Int64
    private let updated: Int64
    private let ends: Int64?
    private let sample: Int64?
    private let configuration: String?
    private let calibration: String?
    private let drill: Bool

    init(_ alert: AlertSnapshot) {
        id = alert.id.description
        kind = alert.subject.kind
        model = alert.subject.model?.name ?? ""
        name = alert.subject.name
        dedupKey = alert.dedupKey
        state = alert.state.rawValue
        assignee = alert.assignee
        verdict = alert.verdict?.rawValue
        score = alert.score
        level = alert.level.rawValue
        previousLevel = alert.previousLevel.rawValue
        peakLevel = alert.peakLevel.rawValue
        pinned = alert.isPinned
        lane = alert.lane?.rawValue
        evidence = alert.evidence
        impactWeight = alert.impactWeight
        bound = alert.falseAlarmBound?.perMillionQueries
        confidence = alert.falseAlarmBound?.calibrationConfidence
        contributions = alert.contributions.map { Part(name: $0.name, milli: $0.milliPoints) }
        techniques = alert.techniques
        detail = alert.detail
        starts = alert.startsAt.milliseconds
        updated = alert.updatedAt.milliseconds
        ends = alert.endsAt?.milliseconds
        sample = alert.sampleID
        configuration = alert.configurationID
        calibration = alert.calibrationID
        drill = alert.isDrill
    }

    /// The snapshot; nil when the document holds what riskd never writes.
    var snapshot: AlertSnapshot? {
        guard let id = AlertID(id), let subject = AlertSubject(kind: kind, model: model, name: name),
            let state = AlertState(rawValue: state), let level = Level(rawValue: level),
            let previous = Level(rawValue: previousLevel), let peak = Level(rawValue: peakLevel)
        else { return nil }
        var alert = AlertSnapshot(
            id: id,
            subject: subject,
            level: level,
            previousLevel: previous,
            startsAt: Timestamp(milliseconds: starts)
        )
        alert.dedupKey = dedupKey
        alert.state = state
        alert.assignee = assignee
        alert.verdict = verdict.flatMap(Verdict.init)
        alert.score = score
        alert.peakLevel = peak
        alert.isPinned = pinned
        alert.lane = lane.flatMap(Lane.init)
        alert.evidence = evidence
        alert.impactWeight = impactWeight
        if let bound, let confidence {
            alert.falseAlarmBound = .init(perMillionQueries: bound, calibrationConfidence: confidence)
        }
        alert.contributions = contributions.map { Contribution(name: $0.name, milliPoints: $0.milli) }
        alert.techniques = techniques
        alert.detail = detail
        alert.updatedAt = Timestamp(milliseconds: updated)
        alert.endsAt = ends.map(Timestamp.init)
        alert.sampleID = sample
        alert.configurationID = configuration
        alert.calibrationID = calibration
        alert.isDrill = drill
        return alert
    }
}

/// The text of a document.
func json(_ document: some Encodable) throws(StorageError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    } catch {
        throw .corrupt("a document cannot be written: \(error)")
    }
}

/// The document that a text holds.
func document<Document: Decodable>(_ type: Document.Type, _ text: String) throws(StorageError) -> Document {
    do {
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
        throw .corrupt("a stored \(type) cannot be read")
    }
}

extension AlertSnapshot {
    /// Reads what ``text()`` wrote.
    init(stored text: String) throws(StorageError) {
        guard let snapshot = try document(SnapshotDocument.self, text).snapshot else {
            throw .corrupt("the snapshot of an alert")
        }
        self = snapshot
    }

    /// As it is stored.
    func text() throws(StorageError) -> String { try json(SnapshotDocument(self)) }
}
