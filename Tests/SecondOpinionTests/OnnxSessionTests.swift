import Domain
import Foundation
import OnnxSession
import SecondOpinion
import Testing

@Suite(.timeLimit(.minutes(10))) struct OnnxSessionTests {
    @Test func `names what goes in and out`() throws {
        let encoder = try Library.session("fashion-encoder")
        #expect(encoder.inputName == "features")
        #expect(encoder.inputShape == [nil, 128])
        #expect(encoder.outputName == "probabilities")
        #expect(encoder.outputShape == [nil, 10])
        let full = try Library.session("fashion-full")
        #expect(full.inputName == "input")
        #expect(full.inputShape == [nil, 1, 28, 28])
        #expect(try Library.runtime().version.contains("."))
    }

    @Test func `the backbone repeats the logged features`() throws {
        let backbone = try Library.session("fashion-backbone")
        for record in try Trace.sample.get() {
            let features = try backbone.run(try #require(record.image).planar, shape: [1, 1, 28, 28])
            let logged = try #require(record.features)
            #expect(features.count == logged.count)
            for (own, theirs) in zip(features, logged) {
                #expect(abs(own - theirs) <= 1e-5 * max(1, abs(theirs)))
            }
        }
    }

    @Test func `the full model repeats the logged probabilities`() throws {
        let full = try Library.session("fashion-full")
        for record in try Trace.sample.get() {
            let answer = try full.run(try #require(record.image).planar, shape: [1, 1, 28, 28])
            let logged = try #require(record.prediction.probabilities)
            #expect(answer.count == logged.count)
            // Half of the sixth decimal that was logged, and as much again for the order of float32 sums.
            for (own, theirs) in zip(answer, logged) { #expect(abs(Double(own) - theirs) <= 2e-6) }
        }
    }

    /// From the encoders' weights in plain form, evaluated once in double precision outside this program.
    @Test(
        arguments: [
            (
                "fashion-encoder", 0,
                [
                    1.18711e-05, 4.695769e-06, 4.218002e-07, 2.291678e-06, 2.223071e-10, 0.999975,
                    1.130159e-08, 7.850257e-07, 7.121709e-07, 4.183603e-06,
                ]
            ),
            (
                "fashion-encoder", 10,
                [
                    0.1252302, 0.4784768, 0.01121025, 0.02103151, 0.09230378, 0.001138044, 0.2114146,
                    1.180124e-05, 0.05904635, 0.0001367363,
                ]
            ),
            (
                "fashion-encoder-adv", 10,
                [
                    0.01344744, 0.8231348, 0.04239263, 0.007704216, 0.03272503, 0.001017486, 0.07605664,
                    2.259996e-06, 0.003352901, 0.0001665531,
                ]
            ),
        ] as [(String, Int, [Double])]
    )
    func `an encoder answers what its weights say`(name: String, index: Int, expected: [Double]) throws {
        let record = try Trace.sample.get()[index]
        let answer = try Library.session(name).run(try #require(record.features), shape: [1, 128])
        #expect(answer.count == expected.count)
        for (own, theirs) in zip(answer, expected) {
            #expect(abs(Double(own) - theirs) <= 1e-5 * max(theirs, 0.01))
        }
    }

    @Test(arguments: ["fashion-encoder", "fashion-full"])
    func `the same input gives the same bits, in every session and on every thread`(name: String) async throws
    {
        let sample = try Trace.sample.get().prefix(8)
        let isEncoder = name == "fashion-encoder"
        let inputs = try sample.map { try isEncoder ? #require($0.features) : #require($0.image).planar }
        let shape = isEncoder ? [1, 128] : [1, 1, 28, 28]
        let session = try Library.session(name)
        let expected = try inputs.map { try session.run($0, shape: shape).map(\.bitPattern) }
        let second = try Library.session(name)
        for (input, bits) in zip(inputs, expected) {
            #expect(try second.run(input, shape: shape).map(\.bitPattern) == bits)
        }
        let mismatches = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<6 {
                group.addTask { @concurrent in
                    var mismatches = 0
                    for round in 0..<40 {
                        let index = (task + round) % inputs.count
                        let answer = try session.run(inputs[index], shape: shape)
                        if answer.map(\.bitPattern) != expected[index] { mismatches += 1 }
                    }
                    return mismatches
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(mismatches == 0)
    }

    @Test func `a session keeps its runtime alive`() throws {
        var runtime: OnnxRuntime? = try OnnxRuntime(path: Library.path())
        let model = TinyModel(
            operation: "Identity",
            inputs: [("x", 1, [1, 2])],
            outputs: [("y", 1, [1, 2])]
        )
        let folder = try Folder()
        let path = try folder.write(model.bytes, to: "identity.onnx")
        weak let released = runtime
        let session = try OnnxSession(runtime: try #require(runtime), path: path)
        runtime = nil
        #expect(released != nil)
        #expect(try session.run([1, -2], shape: [1, 2]) == [1, -2])
    }

    // MARK: What cannot work

    @Test func `a missing library says where it was looked for`() {
        let path = "/nonexistent/libonnxruntime.so"
        #expect(throws: OnnxError.libraryMissing(path: path)) { try OnnxRuntime(path: path) }
        #expect(OnnxError.libraryMissing(path: path).description.contains(path))
        #expect(throws: OnnxError.libraryMissing(path: "libnosuchonnx.so")) {
            try OnnxRuntime(path: "libnosuchonnx.so")
        }
    }

    @Test func `a text file is not a runtime`() throws {
        let folder = try Folder()
        let path = try folder.write(Array("not a library".utf8), to: "libonnxruntime.so")
        let error = try #require(throws: OnnxError.self) { try OnnxRuntime(path: path) }
        guard case .notARuntime(path, _) = error else { throw error }
    }

    @Test func `another library is not a runtime`() throws {
        let error = try #require(throws: OnnxError.self) { try OnnxRuntime(path: "libc.so.6") }
        #expect(error == .notARuntime(path: "libc.so.6", reason: "it does not export OrtGetApiBase"))
    }

    @Test func `a missing model is a missing file`() throws {
        let runtime = try Library.runtime()
        #expect(
            throws: OnnxError.modelUnreadable(path: "/nonexistent.onnx", reason: "No such file or directory")
        ) { try OnnxSession(runtime: runtime, path: "/nonexistent.onnx") }
        #expect(throws: OnnxError.modelUnreadable(path: "/tmp", reason: "it is not a file")) {
            try OnnxSession(runtime: runtime, path: "/tmp")
        }
    }

    @Test func `garbage is not a model`() throws {
        let folder = try Folder()
        let good = try Data(contentsOf: fashion.appending(path: "models/fashion-encoder.onnx"))
        let files: [[UInt8]] = [
            [], Array("not a model".utf8), Array(repeating: 0xFF, count: 5000),
            Array(good.prefix(good.count / 2)),
        ]
        for (index, bytes) in files.enumerated() {
            let path = try folder.write(bytes, to: "\(index).onnx")
            let error = try #require(throws: OnnxError.self) {
                try OnnxSession(runtime: Library.runtime(), path: path)
            }
            guard case .modelInvalid(path, let reason) = error else { throw error }
            #expect(!reason.isEmpty)
        }
    }

    @Test(
        arguments: [
            (
                TinyModel(
                    operation: "Sum",
                    inputs: [("a", 1, [1, 2]), ("b", 1, [1, 2])],
                    outputs: [("y", 1, [1, 2])]
                ),
                "it has 2 inputs"
            ),
            (
                TinyModel(operation: "Identity", inputs: [("x", 7, [1, 2])], outputs: [("y", 7, [1, 2])]),
                "its input is not a float32 tensor"
            ),
            (
                TinyModel(operation: "Shape", inputs: [("x", 1, [1, 2])], outputs: [("y", 7, [2])]),
                "its output is not a float32 tensor"
            ),
            (
                TinyModel(operation: "Identity", inputs: [("x", 1, [4, 2])], outputs: [("y", 1, [4, 2])]),
                "its input has no batch dimension of 1"
            ),
        ]
    )
    func `a model of another kind is refused`(model: TinyModel, reason: String) throws {
        let folder = try Folder()
        let path = try folder.write(model.bytes, to: "model.onnx")
        #expect(throws: OnnxError.modelUnsupported(path: path, reason: reason)) {
            try OnnxSession(runtime: Library.runtime(), path: path)
        }
    }

    @Test(
        arguments: [
            (128, [128]), (127, [1, 127]), (255, [2, 128]), (127, [1, 128]), (0, [0, 128]), (0, []),
            (128, [-1, 128]), (128, [1, 1, 128]),
        ] as [(Int, [Int])]
    )
    func `numbers that do not fit are refused`(count: Int, shape: [Int]) throws {
        let encoder = try Library.session("fashion-encoder")
        let error = try #require(throws: OnnxError.self) {
            try encoder.run([Float](repeating: 0, count: count), shape: shape)
        }
        guard case .wrongInput(encoder.path, _) = error else { throw error }
    }
}
