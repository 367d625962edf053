import Testing

@testable import Training

@Suite struct NetworkTests {
    private static let small: [Network] = [
        Network([.dense(inputs: 5, outputs: 4), .rectifier(count: 4), .dense(inputs: 4, outputs: 3)]),
        Network([
            .convolution(Convolution(height: 5, width: 4, inputPlanes: 2, outputPlanes: 3)),
            .rectifier(count: 60), .dense(inputs: 60, outputs: 3),
        ]),
        Network([
            .convolution(Convolution(height: 5, width: 4, inputPlanes: 2, outputPlanes: 3, stride: 2)),
            .rectifier(count: 18), .dense(inputs: 18, outputs: 3),
        ]),
        Network([
            .affine(planes: 2, places: 20),
            .pooling(
                Pooling(
                    .largest,
                    rows: WindowAxis(size: 5, window: 3, stride: 2, before: 1, after: 1),
                    columns: WindowAxis(size: 4, window: 2, stride: 2),
                    planes: 2
                )
            ),
            .pooling(
                Pooling(
                    .mean,
                    rows: WindowAxis(size: 3, window: 2),
                    columns: WindowAxis(size: 2, window: 1),
                    planes: 2
                )
            ),
            .affine(planes: 8, places: 1), .dense(inputs: 8, outputs: 3),
        ]),
    ]

    @Test(arguments: small)
    func `slopes agree with finite differences of the cross-entropy`(network: Network) {
        let examples = Self.examples(width: network.inputCount, classes: network.outputCount)
        expectSlopes(of: network, .classification, examples)
    }

    @Test(arguments: [false, true])
    func `slopes agree with finite differences of the squared error, past a shortcut`(isLater: Bool) {
        let smoothing = Convolution(height: 4, width: 6, inputPlanes: 2, outputPlanes: 2)
        let half = Convolution(height: 4, width: 6, inputPlanes: 2, outputPlanes: 3, stride: 2)
        let last = Convolution(height: 2, width: 3, inputPlanes: 3, outputPlanes: 8)
        let network = Network(
            (isLater ? [.convolution(smoothing)] : []) + [
                .convolution(half), .rectifier(count: 18), .convolution(last),
                .depthToSpace(planes: 2, height: 2, width: 3),
            ],
            shortcut: isLater ? 1 : 0
        )
        expectSlopes(of: network, .reconstruction(nil), Self.examples(width: 48, classes: 3))
    }

    @Test func `slopes agree with finite differences where a classifier guides`() {
        let network = Network([.dense(inputs: 6, outputs: 4), .dense(inputs: 4, outputs: 6)])
        let judge = Network([
            .dense(inputs: 6, outputs: 5), .rectifier(count: 5), .dense(inputs: 5, outputs: 3),
        ])
        var random = SeededRandom(seed: 2)
        let guide = Objective.Guide(
            ClassifierNetwork(judge, parameters: judge.initialParameters(&random)),
            weight: 0.7
        )
        expectSlopes(of: network, .reconstruction(guide), Self.examples(width: 6, classes: 3))
    }

    @Test func `the first layers stay as they are when they are frozen`() {
        let network = Self.small[0]
        let trainer = Trainer(
            network,
            frozenLayers: 2,
            objective: .classification,
            examples: Self.examples(width: 5, classes: 3),
            augmentation: Augmentation(),
            settings: TrainingSettings()
        )
        let before = trainer.state.parameters
        _ = trainer.runEpoch(isStopped: { false }, progress: { _ in })
        let after = trainer.state.parameters
        let frozen = network.offsets[2]
        #expect(after[..<frozen] == before[..<frozen])
        #expect(zip(after[frozen...], before[frozen...]).allSatisfy { $0 != $1 })
    }

    @Test func `a convolution is the sum over the patch, zeros outside`() {
        let convolution = Convolution(height: 2, width: 3, inputPlanes: 1, outputPlanes: 1)
        let network = Network([.convolution(convolution)])
        let weights: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0.5]
        let image: [Float] = [1, 10, 100, 2, 20, 200]
        #expect(network.outputs(of: image, parameters: weights) == slow(image, weights))
    }

    private func slow(_ image: [Float], _ weights: [Float]) -> [Float] {
        var outputs: [Float] = []
        for y in 0..<2 {
            for x in 0..<3 {
                var sum = weights[9]
                for down in -1...1 {
                    for right in -1...1 where (0..<2).contains(y + down) && (0..<3).contains(x + right) {
                        sum += weights[(down + 1) * 3 + right + 1] * image[(y + down) * 3 + x + right]
                    }
                }
                outputs.append(sum)
            }
        }
        return outputs
    }

    /// Central differences in steps that fit float32, compared by the size of the whole gradient.
    private func expectSlopes(of network: Network, _ objective: Objective, _ examples: Examples) {
        var random = SeededRandom(seed: 7)
        var start = network.initialParameters(&random)
        for place in start.indices { start[place] += random.normal() * 0.1 }
        func trainer(_ parameters: [Float]) -> Trainer {
            Trainer(
                network,
                startingAt: parameters,
                objective: objective,
                examples: examples,
                augmentation: Augmentation(),
                settings: TrainingSettings()
            )
        }
        let slopes = trainer(start).gradient(of: examples.training).slopes
        let largest = slopes.map(abs).max() ?? 0
        #expect(largest > 0.01)
        for place in start.indices {
            let step: Float = 2e-4
            var (up, down) = (start, start)
            up[place] += step
            down[place] -= step
            let high = trainer(up).gradient(of: examples.training).loss
            let low = trainer(down).gradient(of: examples.training).loss
            let measured = (high - low) / Double(up[place] - down[place])
            #expect(abs(measured - Double(slopes[place])) < 0.01 * Double(largest), "parameter \(place)")
        }
    }

    private static func examples(width: Int, classes: Int) -> Examples {
        var random = SeededRandom(seed: 3)
        var examples = Examples(width: width)
        for index in 0..<9 {
            let input = (0..<width).map { _ in random.normal() }
            let weight: Float = index == 4 ? 3 : 1
            // Some are to give back another's input.
            let origin = index % 3 == 2 ? index - 1 : nil
            examples.append(
                .init(
                    input: input,
                    label: index % classes,
                    target: index % 4 == 1 ? (0..<classes).map { $0 < 2 ? 0.5 : 0 } : nil,
                    weight: weight,
                    isValidation: index == 8,
                    origin: origin
                )
            )
        }
        return examples
    }
}
