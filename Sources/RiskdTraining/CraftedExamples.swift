internal import Domain
internal import Runtime
internal import SecondOpinion
internal import Training

/// Adversarial examples that are made of the clean images of a training.
struct CraftedExamples {
    /// One of them.
    struct Made {
        /// What the network is fed.
        let input: [Float]
        /// The probabilities that the served model gives it.
        let probabilities: [Float]
        /// Whether it is a variation as ordinary use has them, not an attack.
        let isClean: Bool
        /// The clean example that it was made of.
        let origin: Int
    }

    /// How they are made.
    let crafting: TrainingRequest.Crafting
    private let model: OnnxModel
    private let backbone: OpinionSession?
    private let pool: WorkerPool
    private let seed: UInt64
    private var sources: [Source] = []
    private var shape: ImageShape?

    init(_ crafting: TrainingRequest.Crafting, _ request: TrainingRequest, _ runtime: String?) throws {
        self.crafting = crafting
        model = try OnnxModel(file: crafting.classifier)
        seed = request.seed
        pool = WorkerPool(width: request.workers)
        switch request.input {
        case .image: backbone = nil
        case .features:
            throw InputError(
                crafting.classifier,
                "crafted images need a backbone that computes their features"
            )
        case .backbone(let path):
            guard let runtime else {
                throw InputError(path, "running it needs ONNX Runtime, which is not there")
            }
            backbone = try OpinionSession(path, runtime: runtime)
        }
    }

    /// Takes a clean record's image up.
    ///
    /// - Throws: `InputError` when it has another shape than the first.
    mutating func add(_ entry: RecordedLog.Entry, at example: Int) throws(InputError) {
        guard let image = entry.record.image else { return }
        guard shape ?? image.shape == image.shape else {
            throw InputError(
                entry.path,
                line: entry.line,
                field: "input",
                "another shape than the first image"
            )
        }
        shape = image.shape
        sources.append(Source(example: example, image: image.planar))
    }

    /// Makes them, a few hundred at a time: the variations of some images, then attacks that start from either.
    ///
    /// - Parameters:
    ///   - examples: the clean ones.
    ///   - body: takes each up, and says at which index and with which label.
    /// - Throws: `InputError` or `OnnxError`.
    func make(of examples: Examples, _ body: (Made) -> (index: Int, label: Int)) async throws {
        guard let shape else {
            throw InputError(crafting.classifier, "no clean record has an image to craft from")
        }
        let sizes = [shape.channels, shape.height, shape.width]
        let classifier: ClassifierNetwork
        do throws(TrainingError) {
            classifier = try ClassifierNetwork(model, inputShape: sizes)
        } catch {
            throw InputError(crafting.classifier, "\(error)")
        }
        let attack = GradientAttack(on: classifier)
        let variation = BenignVariation(channels: sizes[0], height: sizes[1], width: sizes[2])
        var random = SeededRandom(seed: seed ^ 0x6372_6166_7465_6421)
        for start in stride(from: 0, to: sources.count, by: 64) {
            let part = sources[start..<min(start + 64, sources.count)]
            // What judges is to be as logged: variations only teach.
            let teaching = part.filter { !examples.isValidation[$0.example] }
            let varied = teaching.flatMap { source in
                (0..<crafting.variations).map { _ in
                    Source(example: source.example, image: variation.image(of: source.image, &random))
                }
            }
            var variants: [Int: [Start]] = [:]
            let places = try await take(up: varied, by: classifier, sizes, isClean: true, body)
            for (source, place) in zip(varied, places) {
                variants[source.example, default: []].append(
                    Start(example: place.index, label: place.label, image: source.image)
                )
            }
            let starts = part.flatMap { source in
                let own = Start(
                    example: source.example,
                    label: examples.labels[source.example],
                    image: source.image
                )
                let others = variants[source.example] ?? []
                // Every other attempt starts from a variation: a small log has few images to start from.
                return (0..<crafting.attempts).map { attempt in
                    attempt % 2 == 0 || others.isEmpty ? own : others[attempt / 2 % others.count]
                }
            }
            let attempts = starts.map {
                GradientAttack.Attempt(label: $0.label, upTo: crafting.size / 255, &random)
            }
            let images = attack.attack(starts.flatMap(\.image), attempts, seed: random.next())
            let attacked = zip(starts, images).flatMap { start, images in
                images.map { Source(example: start.example, image: $0) }
            }
            _ = try await take(up: attacked, by: classifier, sizes, isClean: false, body)
        }
    }

    /// Asks the classifier about images, and hands them on.
    private func take(
        up images: [Source],
        by classifier: ClassifierNetwork,
        _ sizes: [Int],
        isClean: Bool,
        _ body: (Made) -> (index: Int, label: Int)
    ) async throws -> [(index: Int, label: Int)] {
        let answers = classifier.probabilities(of: images.flatMap(\.image))
        let inputs = try await inputs(images.map(\.image), sizes)
        return images.indices.map { row in
            body(
                Made(
                    input: inputs[row],
                    probabilities: answers[row],
                    isClean: isClean,
                    origin: images[row].example
                )
            )
        }
    }

    /// What the network is fed of images.
    private func inputs(_ images: [[Float]], _ sizes: [Int]) async throws -> [[Float]] {
        guard let backbone else { return images }
        let results = await pool.map(count: images.count) { index in
            Result { try backbone.run(images[index], shape: sizes) }
        }
        return try results.map { try $0.get() }
    }

    /// A clean image, or what was made of it.
    private struct Source {
        let example: Int
        let image: [Float]
    }

    /// Where an attempt starts.
    private struct Start {
        let example: Int
        let label: Int
        let image: [Float]
    }
}
