package import Configuration
import Crypto
import Domain
import Foundation
import OnnxSession
import SecondOpinion
package import Similarity

extension DetectorPlans {
    /// The plans that a configuration asks for; loads every model that it names.
    ///
    /// - Parameter configuration: checked settings.
    /// - Throws: `StartupError` when the runtime or a model is missing or does not fit.
    package init(_ configuration: Configuration) throws(StartupError) {
        var models = ModelLoader(configuration.opinions)
        var opinions: [ModelID: [PlannedOpinion]] = [:]
        for (model, settings) in configuration.models.sorted(by: { $0.key < $1.key }) {
            for opinion in settings.opinions {
                opinions[model, default: []].append(try models.load(opinion, of: model, settings.classes))
            }
        }
        self.init(
            defaults: SimilarityConfiguration(configuration.similarity),
            similarity: configuration.models.mapValues { SimilarityConfiguration($0.similarity) },
            opinions: opinions,
            linkDistance: configuration.campaigns.distance,
            linkGap: configuration.campaigns.gap,
            bound: HistoryBound(models: configuration.memory.models, bytes: configuration.memory.history)
        )
    }
}

extension SimilarityConfiguration {
    /// The detector's view of the configured settings.
    package init(_ settings: Configuration.Similarity) {
        let metric: SimilarityMetric =
            switch settings.metric {
            case .ssim: .ssim
            case .mse: .mse
            case .psnr: .psnr
            case .fsim: .fsim
            case .features: .features
            }
        let window: SimilarityWindow =
            switch settings.window {
            case .uniform: .uniform
            case .gaussian: .gaussian
            }
        self.init(
            metric: metric,
            window: window,
            threshold: settings.threshold,
            cap: settings.cap,
            history: HistoryLimits(
                entries: settings.history.entries,
                bytes: settings.history.bytes,
                age: settings.history.age
            )
        )
    }
}

/// Loads each model file once, and the runtime when the first one needs it.
private struct ModelLoader {
    private let settings: Configuration.Opinions
    private var runtime: OnnxRuntime?
    private var sessions: [String: RuntimeModel] = [:]

    init(_ settings: Configuration.Opinions) { self.settings = settings }

    mutating func load(
        _ opinion: Configuration.Opinion,
        of model: ModelID,
        _ classes: [String]
    ) throws(StartupError) -> DetectorPlans.PlannedOpinion {
        let input: OpinionInput
        switch opinion.input {
        case .features: input = .features
        case .image: input = .image
        case .backbone: input = .backbone(try session(opinion.backbone ?? "", opinion, model))
        }
        do {
            let files = [opinion.backbone, opinion.model].compactMap { $0 }
            let digests = files.map { digest(ofFile: $0) }
            let formed = try SecondOpinion(
                name: opinion.name,
                input: input,
                model: try session(opinion.model, opinion, model),
                classes: classes.isEmpty ? nil : classes,
                modelDigest: digests.map { String($0.prefix(16)) }.joined(separator: "+")
            )
            let doubt = try formed.tryOut()
            return DetectorPlans.PlannedOpinion(
                opinion: formed,
                origin: "input=\(opinion.input.rawValue) sha256=\(digests.joined(separator: "+"))",
                doubt: doubt
            )
        } catch let error as StartupError {
            throw error
        } catch {
            throw StartupError("models.\(model).opinions: \(error)")
        }
    }

    private mutating func session(
        _ path: String,
        _ opinion: Configuration.Opinion,
        _ model: ModelID
    ) throws(StartupError) -> RuntimeModel {
        if let session = sessions[path] { return session }
        do throws(OnnxError) {
            let session = RuntimeModel(try OnnxSession(runtime: try loadedRuntime(), path: path))
            sessions[path] = session
            return session
        } catch {
            throw StartupError("models.\(model).opinions.\(opinion.name): \(error)")
        }
    }

    private mutating func loadedRuntime() throws(OnnxError) -> OnnxRuntime {
        if let runtime { return runtime }
        guard let path = settings.installedRuntime() else {
            throw .libraryMissing(path: settings.candidates.joined(separator: " or "))
        }
        let loaded = try OnnxRuntime(path: path)
        runtime = loaded
        return loaded
    }
}

/// The SHA-256 digest of a file that has just been read by its loader; empty should it have gone.
private func digest(ofFile path: String) -> String {
    FileManager.default.contents(atPath: path).map { sha256Hex(Array($0)) } ?? ""
}
