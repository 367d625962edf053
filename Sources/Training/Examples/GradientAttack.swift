internal import Dispatch

/// Makes adversarial images of clean ones, by steps along the sign of the loss's slope within a box around each image
/// (FGSM, Goodfellow and others 2015; BIM, Kurakin and others 2017; PGD, Madry and others 2018).
///
/// After every step the classifier is asked about an image of whole grey levels, as a service would be.
package struct GradientAttack: Sendable {
    /// How one image is attacked.
    package struct Attempt: Hashable, Sendable {
        /// The class that the result is not to have.
        package let label: Int
        /// The largest change of a pixel, 0 … 1.
        package let size: Float
        /// Steps; one is FGSM.
        package let steps: Int
        /// Whether it starts anywhere in the box.
        package let startsAnywhere: Bool

        package init(label: Int, size: Float, steps: Int, startsAnywhere: Bool) {
            self.label = label
            self.size = size
            self.steps = steps
            self.startsAnywhere = startsAnywhere
        }

        /// An attempt of random strength: one, ten or twenty steps, and any size from two grey levels to `largest`.
        package init(label: Int, upTo largest: Float, _ random: inout SeededRandom) {
            let steps = [1, 10, 20][random.index(below: 3)]
            let least = min(2 / GradientAttack.levels, largest)
            let size = least + (largest - least) * random.uniform()
            let startsAnywhere = steps == 20 || random.uniform() < 0.25
            self.init(label: label, size: size, steps: steps, startsAnywhere: startsAnywhere)
        }
    }

    private static let levels: Float = 255
    private static let shards = 4

    private let classifier: ClassifierNetwork

    /// An attack on a classifier of images.
    package init(on classifier: ClassifierNetwork) { self.classifier = classifier }

    /// Attacks images side by side.
    ///
    /// An attempt gives its last image and, of those on the way to it, the 1st, 2nd, 4th, 8th … that has lost its class:
    /// whoever attacks a service sends it all of them, and those that have just crossed a border of classes lie elsewhere
    /// than those that went on from there.
    ///
    /// - Parameters:
    ///   - images: rows of numbers of 0 … 1, as many as the classifier takes.
    ///   - attempts: one an image.
    ///   - seed: decides where attempts start.
    /// - Returns: by attempt its images, the last one last.
    /// - Precondition: the counts fit.
    package func attack(
        _ images: [Float],
        _ attempts: [Attempt],
        seed: UInt64
    ) -> [[[Float]]] {
        let width = classifier.network.inputCount
        precondition(images.count == attempts.count * width)
        var results = [[[Float]]](repeating: [], count: attempts.count)
        results.withUnsafeMutableBufferPointer { results in
            // Each shard writes its own rows; the pointer does not outlive this call.
            nonisolated(unsafe) let results = results
            DispatchQueue.concurrentPerform(iterations: Self.shards) { shard in
                let workspace = Workspace(classifier.network, capacity: 1)
                for row in stride(from: shard, to: attempts.count, by: Self.shards) {
                    var random = SeededRandom(seed: stableHash("attempt \(row)", seed: seed))
                    let clean = Array(images[row * width..<(row + 1) * width])
                    results[row] = run(attempts[row], on: clean, workspace, &random)
                }
            }
        }
        return results
    }

    private func run(
        _ attempt: Attempt,
        on clean: [Float],
        _ workspace: Workspace,
        _ random: inout SeededRandom
    ) -> [[Float]] {
        let width = clean.count
        var (exact, sent, successes) = (clean, [[Float]](), 0)
        if attempt.startsAnywhere {
            for place in 0..<width {
                exact[place] = min(max(clean[place] + attempt.size * (random.uniform() * 2 - 1), 0), 1)
            }
        }
        // As foolbox takes them, whose defaults most use: a fifth of the box for BIM, a little more than needed to cross it for PGD.
        let stride =
            attempt.steps == 1
            ? attempt.size : attempt.size * (attempt.startsAnywhere ? 2.5 / Float(attempt.steps) : 0.2)
        for _ in 0..<attempt.steps {
            round(exact, into: workspace.input)
            differentiate(workspace, attempt.label)
            if hasLost(attempt.label, workspace) {
                successes += 1
                if successes.nonzeroBitCount == 1 {
                    sent.append(Array(UnsafeBufferPointer(start: workspace.input, count: width)))
                }
            }
            let slopes = workspace.inputSlopes
            for place in 0..<width {
                let step = slopes[place] > 0 ? stride : slopes[place] < 0 ? -stride : 0
                let low = max(clean[place] - attempt.size, 0)
                let high = min(clean[place] + attempt.size, 1)
                exact[place] = min(max(exact[place] + step, low), high)
            }
        }
        let last = exact.map(Self.rounded)
        return sent.last == last ? sent : sent + [last]
    }

    /// Whether the workspace's output, as the last pass left it, says another class.
    private func hasLost(_ label: Int, _ workspace: Workspace) -> Bool {
        (0..<classifier.network.outputCount).contains { workspace.output[$0] > workspace.output[label] }
    }

    private func round(_ exact: [Float], into image: UnsafeMutablePointer<Float>) {
        for (place, value) in exact.enumerated() { image[place] = Self.rounded(value) }
    }

    /// The nearest grey level.
    private static func rounded(_ value: Float) -> Float {
        (value * levels).rounded(.toNearestOrEven) / levels
    }

    /// Computes the slopes of the cross-entropy of `label` by the workspace's input.
    private func differentiate(_ workspace: Workspace, _ label: Int) {
        classifier.parameters.withUnsafeBufferPointer { parameters in
            guard let weights = parameters.baseAddress else { return }
            workspace.forward(weights, count: 1)
            _ = crossEntropy(
                workspace.output,
                count: classifier.network.outputCount,
                label: label,
                scale: 1,
                slopes: workspace.outputSlopes
            )
            workspace.backward(weights, count: 1, givesInput: true, learns: false)
        }
    }
}
