import Domain
import HTTPAPI
import Pipeline
import Recomputing
import Runtime
import Storage

/// Samples are computed again while somebody waits: one at a time, and not for long.
extension RequestHandlers {
    /// What takes longer is for `riskd recompute`.
    private static let patience = Duration.seconds(20)

    func recomputation(_ call: APICall) async throws -> APIAnswer {
        let id = try call.number(argument: "sample")
        guard let stored = try await readers.lend({ try await $0.sample(id) }) else {
            throw APIFailure.notFound("there is no sample \(id), or it is deleted")
        }
        guard
            recomputing.withLock({ isBusy in
                defer { isBusy = true }
                return !isBusy
            })
        else { throw APIFailure.unavailable("another sample is being computed: ask again") }
        defer { recomputing.withLock { $0 = false } }
        do {
            return try await exporters.lend { store in
                let report = try await Recomputation(store, until: .now + Self.patience).run(only: id)
                return .json(RecomputationDocument(stored, report))
            }
        } catch is Recomputation.Overdue {
            throw APIFailure.unavailable(
                "it takes longer than \(Self.patience.components.seconds) s from the first sample on: riskd recompute \(id), on riskd's machine"
            )
        } catch let error as StartupError {
            // An artefact is missing, or is not what its digest says.
            throw APIFailure.conflict("\(error)")
        }
    }
}

struct RecomputationDocument: Encodable, Sendable {
    let identical: Bool
    let differences: [String]
    let stored: SampleDocument
    let recomputed: SampleDocument?
    let configId: String
    let calibrationId: String?
    let histograms: Int
    let afterTick: Int64?

    init(_ stored: StoredSample, _ report: Recomputation.Report) {
        identical = report.isIdentical && report.sample != nil
        self.stored = SampleDocument(stored)
        recomputed = report.sample.map { SampleDocument(stored.holding($0)) }
        configId = stored.configurationID
        calibrationId = stored.calibrationID
        histograms = report.histograms
        afterTick = report.base?.index
        var differences = report.sample.map { Self.differences(stored.sample, $0) } ?? ["sample"]
        if report.differences.isEmpty { differences = [] }
        if !report.changedLevels.isEmpty { differences.append("level_change") }
        if !report.misnamed.isEmpty { differences.append("calibration_id") }
        self.differences = differences
    }

    /// The fields of a sample that differ.
    private static func differences(_ stored: Sample, _ recomputed: Sample) -> [String] {
        let fields: [(String, Bool)] = [
            ("entity", stored.entity == recomputed.entity), ("tick", stored.tick == recomputed.tick),
            ("queries", stored.queries == recomputed.queries),
            ("score_milli", stored.score == recomputed.score),
            ("level", stored.level == recomputed.level), ("pinned", stored.pinned == recomputed.pinned),
            ("lane", stored.lane == recomputed.lane), ("lanes", stored.lanes == recomputed.lanes),
            ("evidence_units", stored.evidence == recomputed.evidence),
            ("derived", stored.isDerived == recomputed.isDerived),
            ("contributions", stored.contributions == recomputed.contributions),
        ]
        return fields.filter { !$0.1 }.map(\.0)
    }
}
