package import Domain
package import Runtime
import Scoring
import SecondOpinion
package import Similarity
package import Storage

/// Every model's detectors: a similarity detector, made when the model is first seen, the configured opinions, and the
/// chains that near-duplicate images form.
///
/// Confined to the task that calls it; the work inside is spread over a pool. Findings depend on the order of the
/// records alone, never on how they were batched or on the pool's width.
package final class Detectors {
    let plans: DetectorPlans
    private let pool: WorkerPool
    private let stages: StageClock?
    private let signatureCache: SignatureCache?
    private var similarity: [ModelID: SimilarityDetector] = [:]
    private var linkers: [ModelID: CampaignLinker] = [:]
    /// The campaigns that the records of the last call joined, as they are after it, by model and number.
    package private(set) var joined: [ModelID: [Campaign]] = [:]
    /// Models whose histories the bound on all of them has shortened, or ended, since ``takeShortened()``.
    private var shortened = ShortenedHistories()

    /// Detectors without history.
    ///
    /// - Parameters:
    ///   - plans: what each model's detectors are.
    ///   - pool: the threads that search and infer.
    ///   - stages: told how long searching and inferring take.
    ///   - signatureCache: keeps signatures for the next start.
    package init(
        plans: DetectorPlans,
        pool: WorkerPool,
        stages: StageClock? = nil,
        signatureCache: SignatureCache? = nil
    ) {
        self.plans = plans
        self.pool = pool
        self.stages = stages
        self.signatureCache = signatureCache
    }

    /// Each model's similarity detector.
    package var histories: [ModelID: SimilarityDetector] { similarity }

    /// What some models' similarity holds of the past.
    package func uses(of models: Set<ModelID>) -> [ModelID: HistoryUse] {
        models.reduce(into: [:]) { uses, model in
            guard let detector = similarity[model] else { return }
            let (entries, bytes) = detector.use
            let memory = detector.allocatedBytes + (linkers[model]?.allocatedBytes ?? 0)
            uses[model] = HistoryUse(entries: entries, bytes: bytes, memory: memory)
        }
    }

    /// Whether what is being scored will not be needed; then ``observe(_:)`` gives up, and the detectors are of no use any more.
    package var isAbandoned: @Sendable () -> Bool = { false }
    /// How many records are observed before that is looked at again.
    private var pieceLength = PieceLength()

    /// Scores `records` in order, each against everything before it.
    ///
    /// - Parameter records: by ascending sequence number.
    /// - Returns: what was found, by index of `records`.
    /// - Throws: ``AbandonedScoring``.
    package func observe(_ records: [IncomingRecord]) async throws(AbandonedScoring) -> [Detection] {
        joined = [:]
        var detections: [Detection] = []
        var rest = records[...]
        while !rest.isEmpty {
            guard !isAbandoned() else { throw AbandonedScoring() }
            let count = min(countBeforeBound(rest), pieceLength.value)
            let began = ContinuousClock.now
            detections += await observe(piece: Array(rest.prefix(count)))
            pieceLength.note(count, took: ContinuousClock.now - began)
            if let last = rest.prefix(count).last, isCheckpoint(last) { keepBound(at: last.sequence) }
            rest = rest.dropFirst(count)
        }
        return detections
    }

    private func observe(piece records: [IncomingRecord]) async -> [Detection] {
        var lap = StageLap(stages)
        var found = [(user: SimilarityFinding, model: SimilarityFinding)?](
            repeating: nil,
            count: records.count
        )
        for (model, indices) in Dictionary(grouping: records.indices, by: { records[$0].record.model }) {
            let metric = metric(of: model)
            let inputs = indices.compactMap { index in
                SimilarityInput(records[index], metric).map { (index: index, input: $0) }
            }
            guard !inputs.isEmpty else { continue }
            let detector = detector(of: model)
            let results = await detector.observe(inputs.map(\.input)) { [pool] count, body in
                await pool.forEach(count: count, body)
            }
            signatureCache?.keep(
                detector.takePages(),
                of: model,
                detector.configuration,
                from: detector.oldestSequence ?? .max
            )
            for (place, result) in zip(inputs, results) { found[place.index] = result }
        }
        let links = link(records, found.map { $0?.model })
        lap.end(.similarity)
        let opinions = await opinions(on: records)
        lap.end(.opinions)
        return records.indices.map { index in
            Detection(
                findings: Findings(
                    user: found[index]?.user,
                    model: found[index]?.model,
                    opinions: opinions[index].findings
                ),
                failedOpinions: opinions[index].failures,
                link: links[index]
            )
        }
    }

    /// What the second opinions say of each record, asked in pieces that suit the models.
    private func opinions(on records: [IncomingRecord]) async -> [OpinionResults] {
        var pieces: [(opinion: SecondOpinion, indices: ArraySlice<Int>)] = []
        for (model, indices) in Dictionary(grouping: records.indices, by: { records[$0].record.model }) {
            for opinion in plans.opinions(on: model) {
                for start in stride(from: 0, to: indices.count, by: 64) {
                    pieces.append((opinion, indices[start..<min(start + 64, indices.count)]))
                }
            }
        }
        let work = pieces
        let answers = await pool.map(count: work.count) { piece in
            work[piece].opinion.findings(for: work[piece].indices.map { records[$0].record })
        }
        var results = [OpinionResults](repeating: OpinionResults(), count: records.count)
        // In order of the pieces, so that every record's opinions are in configured order.
        for (piece, answers) in zip(pieces, answers) {
            for (index, answer) in zip(piece.indices, answers) { results[index].add(answer, piece.opinion) }
        }
        return results
    }

    /// Links the images to the chains before them, in order.
    private func link(_ records: [IncomingRecord], _ findings: [SimilarityFinding?]) -> [ChainLink?] {
        let links = records.indices.map { index -> ChainLink? in
            guard let finding = findings[index] else { return nil }
            let record = records[index].record
            let query = CampaignLinker.Query(
                sequence: records[index].sequence,
                time: record.time,
                prediction: record.prediction
            )
            return linkers[record.model, default: CampaignLinker(rule: plans.campaigns(of: record.model))]
                .link(query, finding)
        }
        for model in Set(records.map(\.record.model)) {
            let changed = linkers[model]?.takeChanged() ?? []
            if !changed.isEmpty {
                let others = (joined[model] ?? []).filter { one in !changed.contains { $0.id == one.id } }
                joined[model] = (others + changed).sorted { $0.id < $1.id }
            }
            linkers[model]?.forget(before: similarity[model]?.oldestSequence ?? .max)
        }
        return links
    }

    /// Puts inputs into a model's history without scoring them, as after a restart.
    ///
    /// - Parameters:
    ///   - inputs: oldest first.
    ///   - model: whose.
    ///   - newest: the newest event time that the model had seen.
    package func restore(_ inputs: [SimilarityInput], of model: ModelID, newest: Timestamp) async {
        let detector = detector(of: model)
        detector.restore(inputs, newest: newest)
        await detector.prepare { [pool] count, body in await pool.forEach(count: count, body) }
    }

    /// Offers a model's history the signatures that were kept of it, before it is restored.
    func offerSignatures(to model: ModelID, from first: Int64) {
        guard let signatureCache else { return }
        let detector = detector(of: model)
        detector.offer(signatureCache.kept(of: model, detector.configuration, from: first))
    }

    /// How many signatures of restored images had been kept.
    var keptSignatures: Int { similarity.values.reduce(0) { $0 + $1.keptSignatures } }

    /// How the inputs of a model are compared.
    package func metric(of model: ModelID) -> SimilarityMetric { plans.similarity(of: model).metric }

    /// Puts a model's images into their chains again; after all images before them.
    package func restore(_ entries: [HistoryEntry], _ links: [Int64: StoredLink], of model: ModelID) {
        let metric = metric(of: model)
        for entry in entries where metric.content(image: entry.image, features: entry.features) != nil {
            let link = links[entry.sequence]
            linkers[model, default: CampaignLinker(rule: plans.campaigns(of: model))].restore(
                CampaignLinker.Query(
                    sequence: entry.sequence,
                    time: entry.time,
                    prediction: entry.prediction
                ),
                first: link?.first ?? entry.sequence,
                campaign: link?.campaign
            )
        }
    }

    /// Lets a model's campaigns go on, after its images were restored.
    package func restore(_ open: [Campaign], of model: ModelID, newest: Timestamp) {
        linkers[model, default: CampaignLinker(rule: plans.campaigns(of: model))]
            .restore(newest: newest, open)
    }

    /// Which histories the bound has shortened since this was last asked.
    func takeShortened() -> ShortenedHistories {
        defer { shortened = ShortenedHistories() }
        return shortened
    }

    /// Lets all of a model's history leave.
    func forget(_ model: ModelID) {
        shortened.images += similarity[model]?.use.entries ?? 0
        shortened.models.remove(model)
        shortened.forgotten.insert(model)
        similarity[model] = nil
        linkers[model] = nil
    }

    /// Lets a model's oldest images leave until `isEnough` holds of how many are left and of their bytes.
    func shorten(_ model: ModelID, until isEnough: (_ entries: Int, _ bytes: Int) -> Bool) {
        guard let detector = similarity[model] else { return }
        let before = detector.use.entries
        detector.shrink(until: isEnough)
        guard detector.use.entries > 0 else {
            shortened.images += before - detector.use.entries
            return forget(model)
        }
        shortened.images += before - detector.use.entries
        shortened.models.insert(model)
        linkers[model]?.forget(before: detector.oldestSequence ?? .max)
    }

    private func detector(of model: ModelID) -> SimilarityDetector {
        if let detector = similarity[model] { return detector }
        let detector = SimilarityDetector(configuration: plans.similarity(of: model))
        shortened.forgotten.remove(model)
        similarity[model] = detector
        return detector
    }
}

/// Scoring was given up in the middle of a batch, because riskd is to stop.
package struct AbandonedScoring: Error {}

/// How many records to observe at a time, so that a piece takes about half a second; changes no finding.
struct PieceLength {
    private(set) var value = 32

    /// Learns from a piece.
    mutating func note(_ count: Int, took time: Duration) {
        if time > .milliseconds(800) {
            value = max(1, count / 2)
        } else if time < .milliseconds(250), count >= value {
            value = min(value * 2, 1 << 16)
        }
    }
}

/// What the detectors found in one record.
package struct Detection: Sendable {
    package let findings: Findings
    /// The opinions that failed, with the reason; an opinion that has nothing to say on the record is in neither.
    package let failedOpinions: [(name: String, reason: String)]
    /// How its image goes on with earlier ones.
    package let link: ChainLink?
}

/// What a model's second opinions say of one record.
private struct OpinionResults {
    var findings: [OpinionFinding] = []
    var failures: [(name: String, reason: String)] = []

    mutating func add(_ answer: Result<OpinionFinding?, OpinionError>, _ opinion: SecondOpinion) {
        switch answer {
        case .success(let finding?): findings.append(finding)
        case .success(nil): break
        case .failure(let error): failures.append((opinion.name, "\(error)"))
        }
    }
}

extension SimilarityInput {
    /// The input of a record; nil when it lacks what the metric compares.
    package init?(_ incoming: IncomingRecord, _ metric: SimilarityMetric) {
        let record = incoming.record
        guard let content = metric.content(image: record.image, features: record.features) else { return nil }
        self.init(
            sequence: incoming.sequence,
            record: record.id,
            user: record.user,
            time: record.time,
            image: content,
            prediction: record.prediction
        )
    }
}
