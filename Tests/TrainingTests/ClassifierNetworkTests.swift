import OnnxSession
import Testing

@testable import Training

@Suite struct ClassifierNetworkTests {
    @Test func `a recorded classifier answers as its file does`() throws {
        let bytes = try recorded("fashion-full")
        let classifier = try ClassifierNetwork(OnnxModel(bytes), inputShape: [1, 28, 28])
        let session = try session(bytes)
        for seed in 0..<10 {
            let image = numbers(784, seed: UInt64(seed))
            let own = classifier.probabilities(of: image)[0]
            #expect(distance(try session.run(image, shape: [1, 1, 28, 28]), own) < 1e-5)
        }
    }

    @Test func `every layer comes back from its file`() throws {
        let rows = WindowAxis(size: 9, window: 5, stride: 2, before: 1, after: 2)
        let columns = WindowAxis(size: 7, window: 3, stride: 1, before: 0, after: 1)
        let convolution = Convolution(rows: rows, columns: columns, inputPlanes: 2, outputPlanes: 3)
        let height = WindowAxis(size: rows.outputs, window: 2, stride: 1, before: 1)
        let width = WindowAxis(size: columns.outputs, window: 3, stride: 2)
        let largest = Pooling(.largest, rows: height, columns: width, planes: 3)
        let mean = Pooling(
            .mean,
            rows: WindowAxis(size: height.outputs, window: 2, stride: 2, after: 1),
            columns: WindowAxis(size: width.outputs, window: 2),
            planes: 3
        )
        let network = Network([
            .affine(planes: 2, places: 63), .convolution(convolution),
            .rectifier(count: convolution.outputCount), .pooling(largest), .pooling(mean),
        ])
        let parameters = numbers(network.parameterCount, seed: 4).map { $0 - 0.4 }
        let model = OnnxModel(
            network,
            parameters: parameters,
            input: ("input", [2, 9, 7]),
            output: ("output", [3, mean.rows.outputs, mean.columns.outputs])
        )
        let input = numbers(126, seed: 9).map { $0 - 0.5 }
        let own = network.outputs(of: input, parameters: parameters)
        #expect(distance(try session(model.encoded).run(input, shape: [1, 2, 9, 7]), own) < 1e-5)
        var reader = GraphReader(try OnnxModel(model.encoded), shape: [2, 9, 7])
        for node in try OnnxModel(model.encoded).nodes { try reader.read(node) }
        let read = Network(reader.layers).outputs(of: input, parameters: reader.parameters)
        #expect(distance(read, own) < 1e-5)
    }

    @Test func `a graph whose slopes are not known is refused by the node's name`() throws {
        var model = try OnnxModel(recorded("fashion-full"))
        let place = try #require(model.nodes.firstIndex { $0.operation == "Relu" })
        model.nodes[place].operation = "Tanh"
        let name = model.nodes[place].name
        #expect(
            throws: TrainingError.wrongModel(
                reason: "its slopes are not known: node '\(name)' (Tanh) is not supported"
            )
        ) { try ClassifierNetwork(model, inputShape: [1, 28, 28]) }
        var branched = try OnnxModel(recorded("fashion-full"))
        branched.nodes[place].inputs = [branched.input.name]
        #expect(throws: TrainingError.self) { try ClassifierNetwork(branched, inputShape: [1, 28, 28]) }
        #expect(throws: TrainingError.self) {
            try ClassifierNetwork(OnnxModel(recorded("fashion-full")), inputShape: [3, 28, 28])
        }
    }

    @Test func `windows are counted as by walking along the side`() {
        for size in 1...6 {
            for window in 1...4 {
                for step in 1...3 {
                    for (before, after) in [(0, 0), (1, 0), (1, 2), (3, 3)]
                    where size + before + after >= window {
                        let axis = WindowAxis(
                            size: size,
                            window: window,
                            stride: step,
                            before: before,
                            after: after
                        )
                        let starts = Array(stride(from: -before, through: size + after - window, by: step))
                        #expect(axis.outputs == starts.count)
                        for offset in 0..<window {
                            let inside = starts.indices.filter { (0..<size).contains(starts[$0] + offset) }
                            #expect(Array(axis.outputsInside(at: offset)) == inside)
                        }
                    }
                }
            }
        }
    }
}
