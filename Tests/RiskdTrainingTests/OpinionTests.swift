import Domain
import Foundation
import Runtime
import Testing
import Training

@testable import RiskdTraining

@Suite struct OpinionTests {
    @Test func `recorded encoders are worth what a count by hand says`() async throws {
        let truth = try KnownTruth([path("fashion-dev.truth.csv.gz")])
        var comparison = OpinionComparison(truth: truth)
        comparison.split = Split(.test, seed: 1)
        let names = ["encoder", "encoder-adv"]
        let verdicts = try await comparison.verdicts(
            on: names.map { .init(name: $0, path: path("models/fashion-\($0).onnx")) },
            logs: [path("fashion-dev.ndjson.xz")],
            backbone: nil,
            runtime: runtimePath,
            workers: 2
        ) { _ in }
        let entries = try RecordedLog(path("fashion-dev.ndjson.xz")).entries
        let classes = try ClassNames(of: entries)
        for (name, verdict) in zip(names, verdicts) {
            let session = try OpinionSession(path("models/fashion-\(name).onnx"), runtime: runtimePath)
            var (clean, disagreements, attacked, recovered) = (0, 0, 0, 0)
            for entry in entries {
                let known = try #require(truth.entries[entry.record.id.name])
                guard Split(.test, seed: 1).holds(known.source) else { continue }
                let features = try #require(entry.record.features)
                let answer = try session.run(features, shape: [features.count])
                let label = classes.names[try #require(answer.firstIndex(of: answer.max() ?? 0))]
                if known.isBenign {
                    clean += 1
                    disagreements += label == entry.record.prediction.label ? 0 : 1
                } else if known.isSuccess, (known.distance ?? 0) <= 25.5 {
                    attacked += 1
                    recovered += label == known.trueLabel ? 1 : 0
                }
            }
            #expect(verdict.clean.records == clean && verdict.clean.disagreements == disagreements)
            #expect(verdict.attacks.values.reduce(0) { $0 + $1.records } == attacked)
            #expect(verdict.attacks.values.reduce(0) { $0 + $1.recovered } == recovered)
            #expect(attacked > 0 && clean > 500)
        }
    }

    @Test func `a trained encoder's file agrees with the network, and a stopped training is resumed`()
        async throws
    {
        let scene = try Scene()
        var request = TrainingRequest()
        request.logs = [path("fashion-calibration.ndjson.xz")]
        let data = try await TrainingData(request, runtime: nil)
        let recipe = Recipe.encoder(
            .init(width: 128, code: 64, hidden: 32, classes: data.classes.count, tunesEncoder: false)
        )
        var settings = TrainingSettings()
        settings.epochs = 6
        settings.batch = 32
        settings.learningRate = 0.003
        let place = scene.folder.appending(path: "model").path
        let session = TrainingSession(
            recipe,
            augmentation: Augmentation(),
            settings: settings,
            checkpoint: place + ".checkpoint"
        )
        let whole = try await session.run(on: data, resumes: false, stop: StopFlag()) { _ in }
        let result = try #require(whole.result)
        #expect(whole.isFinished && whole.epochs.count == 12)
        #expect(!FileManager.default.fileExists(atPath: place + ".checkpoint"))

        let stop = StopFlag()
        let cut = try await session.run(on: data, resumes: false, stop: stop) { event in
            if case .finished(let epoch, "classifier") = event, epoch.number == 3 { stop.raise() }
        }
        #expect(!cut.isFinished && cut.result != nil)
        let rest = try await session.run(on: data, resumes: true, stop: StopFlag()) { _ in }
        #expect(rest.epochs.count == 3 && rest.result?.parameters == result.parameters)

        let model = TrainedOpinion(encoder: result, data: data).model
        try Data(model.encoded).write(to: URL(fileURLWithPath: place))
        let file = try OpinionSession(place, runtime: runtimePath)
        let score = try TrainedOpinion.score(on: data) { try file.run($0, shape: [128]) }
        let own = TrainedOpinion.score(on: data) {
            result.network.outputs(of: $0, parameters: result.parameters)
        }
        #expect(score == own)
        #expect(Double(score.correct) > 0.8 * Double(score.clean) && score.clean > 80)
    }

    private func path(_ name: String) -> String { fashion.appending(path: name).path }
}
