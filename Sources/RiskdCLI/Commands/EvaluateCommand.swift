import Configuration
import Domain
import RiskdDaemon
import Storage

extension Command {
    /// `riskd evaluate`: against the truth.
    static let evaluate = Command(
        "evaluate",
        "Measure the stored detections of a replayed trace against its truth file",
        discussion: """
            Prints, per attack, the attempts in which a query signalled and after how many queries; per benign style, \
            the queries that signalled; per attacking account, the highest level; and which attempts and styles formed \
            campaigns, and how high these rose. A query signals when any detector's score exceeds at least --rung of \
            its thresholds.
            """,
        flags: [
            .config, .set, OutputFormat.flag,
            Flag("truth", value: "FILE", "Who was really what: CSV, also .gz or .xz"),
            Flag("rung", value: "COUNT", "Thresholds that a signal exceeds; 1 unless given"),
        ],
        commands: [evaluateOpinion]
    ) { invocation in
        guard let path = invocation.value("truth") else { throw UsageError("expected --truth FILE") }
        guard let signal = Int(invocation.value("rung") ?? "1"), signal > 0 else {
            throw UsageError("--rung must be a whole number above 0")
        }
        let truth = try Truth(try RecordedText.read(path), path: path)
        return try await invocation.withStore { store, _ in
            let evaluation = try await evaluate(store, truth, signal)
            guard evaluation.missing < truth.entries.count else {
                throw EvaluationError.nothingMatches(path: path)
            }
            EvaluationReport(evaluation, signal: signal).write(to: invocation.terminal, as: invocation.format)
            return .ok
        }
    }

    private static func evaluate(_ store: Store, _ truth: Truth, _ signal: Int) async throws -> Evaluation {
        var judged: [Evaluation.Judged] = []
        var after: Int64 = 0
        while true {
            let page = try await store.observations(after: after, limit: 2000)
            guard let last = page.last else { break }
            after = last.sequence
            judged += page.map { observation in
                Evaluation.Judged(
                    record: observation.record.id.name,
                    sequence: observation.sequence,
                    entity: .user(observation.record.user, model: observation.record.model),
                    campaign: observation.link?.step.map {
                        .campaign($0.campaign, model: observation.record.model)
                    },
                    rung: (observation.userRungs + observation.modelRungs).map(\.rung).max()
                )
            }
        }
        var highest: [Entity: Level] = [:]
        var sample: Int64 = 0
        while true {
            let page = try await store.samples(after: sample, limit: 5000)
            guard let last = page.last else { break }
            sample = last.sample.id
            for stored in page {
                guard let level = stored.sample.level else { continue }
                highest[stored.sample.entity] = max(highest[stored.sample.entity] ?? .info, level)
            }
        }
        return Evaluation(judged, truth: truth, highest: highest, signal: signal)
    }
}
