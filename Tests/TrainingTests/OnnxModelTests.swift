import Foundation
import OnnxSession
import Testing

@testable import Training

@Suite struct OnnxModelTests {
    @Test func `a dense net answers as its file does`() throws {
        let network = Network([
            .dense(inputs: 32, outputs: 16), .rectifier(count: 16), .dense(inputs: 16, outputs: 4),
        ])
        let parameters = parameters(of: network)
        let model = OnnxModel(
            network,
            parameters: parameters,
            input: ("features", [32]),
            output: ("logits", [4])
        )
        let session = try session(model.encoded)
        #expect(session.inputName == "features" && session.outputName == "logits")
        #expect(session.inputShape == [nil, 32] && session.outputShape == [nil, 4])
        for seed in 0..<20 {
            let input = numbers(32, seed: UInt64(seed))
            let own = network.outputs(of: input, parameters: parameters)
            #expect(distance(try session.run(input, shape: [1, 32]), own) < 1e-5)
        }
    }

    @Test func `a softmax makes probabilities of the same order`() throws {
        let network = Network([.dense(inputs: 8, outputs: 3)])
        let parameters = parameters(of: network)
        let model = OnnxModel(
            network,
            parameters: parameters,
            input: ("features", [8]),
            output: ("probabilities", [3]),
            endsInSoftmax: true
        )
        let input = numbers(8, seed: 1)
        let powers = network.outputs(of: input, parameters: parameters).map { exp(Double($0)) }
        let wanted = powers.map { Float($0 / powers.reduce(0, +)) }
        #expect(distance(try session(model.encoded).run(input, shape: [1, 8]), wanted) < 1e-5)
    }

    @Test(arguments: [(8, 6, 2), (7, 5, 1), (9, 4, 3)])
    func `an image autoencoder answers as its file does`(height: Int, width: Int, channels: Int) throws {
        let recipe = Recipe.image(
            .init(
                height: height,
                width: width,
                channels: channels,
                planes: 5,
                code: channels % 2,
                smoothing: height == 9 ? 0 : 0.8
            )
        )
        let network = try #require(recipe.phases(nil).first).network
        let parameters = parameters(of: network)
        let shape = [channels, height, width]
        let model = OnnxModel(
            network,
            parameters: parameters,
            input: ("input", shape),
            output: ("image", shape)
        )
        let session = try session(model.encoded)
        let input = numbers(network.inputCount, seed: 2)
        let own = network.outputs(of: input, parameters: parameters)
        #expect(distance(own, input) > 0.01)
        #expect(distance(try session.run(input, shape: [1] + shape), own) < 1e-5)
    }

    @Test func `an untrained image autoencoder gives back what it takes, or smooths it`() throws {
        let input = numbers(100, seed: 3)
        let plain = try started(smoothing: 0)
        #expect(plain.network.outputs(of: input, parameters: plain.parameters) == input)
        let smooth = try started(smoothing: 1)
        var wanted = [Float](repeating: 0, count: 100)
        for y in 0..<10 {
            for x in 0..<10 {
                var (sum, weights) = (0.0, 0.0)
                for down in -2...2 {
                    for right in -2...2 {
                        let weight = exp(-Double(down * down + right * right) / 2)
                        weights += weight
                        guard (0..<10).contains(y + down), (0..<10).contains(x + right) else { continue }
                        sum += weight * Double(input[(y + down) * 10 + x + right])
                    }
                }
                wanted[y * 10 + x] = Float(sum / weights)
            }
        }
        let given = smooth.network.outputs(of: input, parameters: smooth.parameters)
        #expect(distance(given, wanted) < 1e-5 && distance(given, input) > 0.01)
    }

    /// An image autoencoder as its training starts.
    private func started(smoothing: Float) throws -> (network: Network, parameters: [Float]) {
        let image = Recipe.Image(
            height: 10,
            width: 10,
            channels: 1,
            planes: 4,
            code: 0,
            smoothing: smoothing
        )
        let phase = try #require(Recipe.image(image).phases(nil).first)
        var random = SeededRandom(seed: 1)
        let rest = phase.network.initialParameters(&random).dropFirst(phase.start.count)
        return (phase.network, phase.start + rest)
    }

    @Test func `a recorded model that is read and written answers the same bits`() throws {
        let bytes = try recorded("fashion-full")
        let model = try OnnxModel(bytes)
        let input = numbers(784, seed: 4)
        let shape = [1, 1, 28, 28]
        #expect(
            try session(model.encoded).run(input, shape: shape) == session(bytes).run(input, shape: shape)
        )
        #expect(try OnnxModel(model.encoded) == model)
    }

    @Test func `the tail of a classifier takes what the backbone gives`() throws {
        let full = try OnnxModel(try recorded("fashion-full"))
        let head = try full.tail(from: "/0/0.15/Relu_output_0", width: 128)
        let input = numbers(784, seed: 5)
        let features = try session(try recorded("fashion-backbone")).run(input, shape: [1, 1, 28, 28])
        let wanted = try session(full.encoded).run(input, shape: [1, 1, 28, 28])
        #expect(distance(try session(head.encoded).run(features, shape: [1, 128]), wanted) < 1e-5)
    }

    @Test func `an autoencoder before a classifier is the one after the other`() throws {
        let recipe = Recipe.image(
            .init(height: 28, width: 28, channels: 1, planes: 4, code: 0, smoothing: 0.7)
        )
        let network = try #require(recipe.phases(nil).first).network
        let parameters = parameters(of: network)
        let shape = [1, 28, 28]
        let first = OnnxModel(
            network,
            parameters: parameters,
            input: ("input", shape),
            output: ("image", shape)
        )
        let full = try OnnxModel(try recorded("fashion-full"))
        let joined = try session(try first.followed(by: full).encoded)
        #expect(joined.inputName == "input" && joined.outputName == "probabilities")
        let input = numbers(784, seed: 6)
        let changed = network.outputs(of: input, parameters: parameters)
        let wanted = try session(full.encoded).run(changed, shape: [1, 1, 28, 28])
        #expect(distance(try joined.run(input, shape: [1, 1, 28, 28]), wanted) < 1e-5)
    }

    @Test func `models that do not fit are refused with both shapes`() throws {
        let network = Network([.dense(inputs: 8, outputs: 64)])
        let first = OnnxModel(
            network,
            parameters: parameters(of: network),
            input: ("features", [8]),
            output: ("code", [64])
        )
        let encoder = try OnnxModel(try recorded("fashion-encoder"))
        #expect(
            throws: TrainingError.wrongModel(reason: "it takes [any, 128], but gets [any, 64]")
        ) {
            try first.followed(by: encoder)
        }
        #expect(
            throws: TrainingError.wrongModel(
                reason: "it has no tensor 'nothing'; a viewer such as Netron shows their names"
            )
        ) {
            try encoder.tail(from: "nothing", width: 8)
        }
    }

    @Test func `a file that was cut anywhere is refused or lacks a part, and nothing crashes`() throws {
        let bytes = try recorded("fashion-encoder")
        for length in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: TrainingError.self) { try OnnxModel(Array(bytes[..<length])) }
        }
    }

    @Test func `bytes that were changed never crash the reader`() throws {
        let bytes = try recorded("fashion-encoder")
        var random = SeededRandom(seed: 8)
        var refused = 0
        for _ in 0..<300 {
            var changed = bytes
            for _ in 0..<4 { changed[random.index(below: 400)] = UInt8(truncatingIfNeeded: random.next()) }
            do { _ = try OnnxModel(changed) } catch { refused += 1 }
        }
        #expect(refused > 0)
    }

    private func parameters(of network: Network) -> [Float] {
        var random = SeededRandom(seed: 9)
        return (0..<network.parameterCount).map { _ in random.normal() * 0.2 }
    }
}
