package import Domain
internal import Runtime
internal import SecondOpinion

/// What second opinions are worth on a log whose truth is known, side by side.
package struct OpinionComparison: Sendable {
    /// A model to ask.
    package struct Variant: Hashable, Sendable {
        /// How it is called in reports.
        package let name: String
        /// The `.onnx` file.
        package let path: String

        package init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    /// Answers to clean records.
    package struct Clean: Hashable, Sendable {
        /// Records asked about.
        package var records = 0
        /// Records on which the opinion's class was not the served one.
        package var disagreements = 0
        /// Records whose true class is known.
        package var known = 0
        /// Those of them on which the opinion had the true class.
        package var correct = 0
        /// Those of them on which the served model had it.
        package var servedCorrect = 0
    }

    /// Answers to successful adversarial records of one attack.
    package struct Attacked: Hashable, Sendable {
        /// Records asked about.
        package var records = 0
        /// Attempts that they belong to.
        package var instances: Set<String> = []
        /// Records on which the opinion's class was not the served one.
        package var disagreements = 0
        /// Records on which the opinion had the class of the image they came from.
        package var recovered = 0

        /// Nothing yet.
        package init() {}

        /// Adds another attack's.
        package mutating func merge(_ other: Attacked) {
            records += other.records
            instances.formUnion(other.instances)
            disagreements += other.disagreements
            recovered += other.recovered
        }
    }

    /// What one variant is worth.
    package struct Verdict: Sendable {
        package let variant: Variant
        /// On ordinary users' records.
        package var clean = Clean()
        /// On successful adversarial records, by `attack (scenario)`.
        package var attacks: [String: Attacked] = [:]
        /// Records on which it had nothing to say, because they lack its input.
        package var silent = 0
    }

    /// Who was really what.
    package let truth: KnownTruth
    /// The half of the records that is judged; nil for all.
    package var split: Split?
    /// The largest distance of an adversarial record from its image, in grey levels (root mean square).
    package var reach = 25.5
    /// The one model whose records are judged; nil where the logs hold only one.
    package var model: ModelID?
    /// The classes in the order of the opinions' answers; nil to find them in the logs.
    package var classes: [String]?

    /// A comparison.
    package init(truth: KnownTruth) { self.truth = truth }

    /// Asks every variant about every record.
    ///
    /// - Parameters:
    ///   - variants: models to ask; those that take two dimensions get features, those that take four the image.
    ///   - logs: recorded logs of one model.
    ///   - backbone: computes features of the images; nil where they are logged.
    ///   - runtime: of the ONNX Runtime library.
    ///   - workers: threads.
    ///   - progress: told the name of each variant as its turn comes.
    /// - Returns: a verdict each, in order.
    /// - Throws: `InputError`, `IngestError`, `OnnxError` or `OpinionError`.
    package func verdicts(
        on variants: [Variant],
        logs: [String],
        backbone: String?,
        runtime: String,
        workers: Int,
        progress: (Variant) -> Void
    ) async throws -> [Verdict] {
        let (entries, judged) = try read(logs)
        let names = try classes ?? ClassNames(of: entries).names
        let backbone = try backbone.map { try OpinionSession($0, runtime: runtime).model }
        let pool = WorkerPool(width: workers)
        var verdicts: [Verdict] = []
        for variant in variants {
            progress(variant)
            let session = try OpinionSession(variant.path, runtime: runtime)
            let input: OpinionInput =
                session.takesImage ? .image : backbone.map { .backbone($0) } ?? .features
            let opinion = try SecondOpinion(
                name: variant.name,
                input: input,
                model: session.model,
                classes: names
            )
            let findings = await pool.map(count: judged.count) { index in
                Result { try opinion.finding(for: judged[index].entry.record) }
            }
            var verdict = Verdict(variant: variant)
            for (judged, finding) in zip(judged, findings) {
                do {
                    verdict.add(try finding.get(), on: judged, names)
                } catch {
                    throw InputError(judged.entry.path, line: judged.entry.line, field: "input", "\(error)")
                }
            }
            verdicts.append(verdict)
        }
        return verdicts
    }

    struct Judged: Sendable {
        let entry: RecordedLog.Entry
        let truth: KnownTruth.Entry
    }

    /// All records, which tell the classes, and those that are judged.
    private func read(_ logs: [String]) throws -> (all: [RecordedLog.Entry], judged: [Judged]) {
        var all: [RecordedLog.Entry] = []
        var judged: [Judged] = []
        for path in logs {
            for entry in try RecordedLog(path, model: model).entries {
                if let first = all.first, first.record.model != entry.record.model {
                    let name = entry.record.model.name
                    let reason = "'\(name)', but '\(first.record.model.name)' before; choose one with --model"
                    throw InputError(path, line: entry.line, field: "model", reason)
                }
                all.append(entry)
                guard let known = truth.entries[entry.record.id.name], split?.holds(known.source) ?? true,
                    known.isBenign
                        || (known.isSuccess && !known.isDecoy && (known.distance ?? 0) <= reach)
                else { continue }
                judged.append(Judged(entry: entry, truth: known))
            }
        }
        guard !judged.isEmpty else {
            throw InputError(logs.joined(separator: ", "), "no record has its truth in the truth files")
        }
        return (all, judged)
    }
}

extension OpinionComparison.Verdict {
    fileprivate mutating func add(
        _ finding: OpinionFinding?,
        on judged: OpinionComparison.Judged,
        _ names: [String]
    ) {
        guard let finding else {
            silent += 1
            return
        }
        let truth = judged.truth
        let isTrue = names[finding.classIndex] == truth.trueLabel
        if truth.isBenign {
            clean.records += 1
            clean.disagreements += finding.disagrees ? 1 : 0
            guard !truth.trueLabel.isEmpty else { return }
            clean.known += 1
            clean.correct += isTrue ? 1 : 0
            clean.servedCorrect += judged.entry.record.prediction.label == truth.trueLabel ? 1 : 0
        } else {
            let key = "\(truth.attack) (\(truth.scenario))"
            attacks[key, default: .init()].records += 1
            attacks[key, default: .init()].instances.insert(truth.instance)
            attacks[key, default: .init()].disagreements += finding.disagrees ? 1 : 0
            attacks[key, default: .init()].recovered += isTrue ? 1 : 0
        }
    }
}
