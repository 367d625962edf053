import Domain
import Foundation
import OnnxSession
import RiskdTesting
import SecondOpinion
import Testing

/// The repository's root.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The recorded models and traces.
let fashion = root.appending(path: "Tests/Fixtures/fashion")

/// ONNX Runtime, loaded once for all tests.
enum Library {
    private static let loaded = Result { try load() }

    /// Fails, rather than skips, where there is no library: these tests are the proof that models run.
    static func runtime() throws -> OnnxRuntime { try loaded.get() }

    /// Where the library is.
    static func path() throws -> String {
        if let path = ProcessInfo.processInfo.environment["RISKD_ONNXRUNTIME"] { return path }
        let folder = root.appending(path: ".deps/onnxruntime")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        guard let name = names.sorted().first(where: { $0.hasPrefix("libonnxruntime.so") }) else {
            throw SetupNeeded()
        }
        return folder.appending(path: name).path
    }

    private static func load() throws -> OnnxRuntime { try OnnxRuntime(path: path()) }

    static func session(_ name: String) throws -> OnnxSession {
        try OnnxSession(runtime: runtime(), path: fashion.appending(path: "models/\(name).onnx").path)
    }
}

struct SetupNeeded: Error, CustomStringConvertible {
    var description: String {
        "no ONNX Runtime in .deps/onnxruntime: run `make setup`, or set RISKD_ONNXRUNTIME to a libonnxruntime.so"
    }
}

/// A recorded model as an opinion asks it.
struct RecordedModel: OpinionModel {
    private let session: OnnxSession

    init(_ name: String) throws { session = try Library.session(name) }

    var inputShape: [Int?] { session.inputShape }
    var outputShape: [Int?] { session.outputShape }

    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float] {
        do throws(OnnxError) {
            return try session.run(input, shape: shape)
        } catch {
            throw .modelFailed(reason: error.description)
        }
    }
}

/// Every 100th record of the recorded trace.
enum Trace {
    static let sample = Result { try read() }

    private static func read() throws -> [Record] {
        let path = fashion.appending(path: "fashion-dev.ndjson.xz").path
        let text = try SpawnedProgram.output(of: ["xz", "-dc", path])
        let lines = text.split(separator: UInt8(ascii: "\n"))
        return try stride(from: 0, to: lines.count, by: 100).map { try record(lines[$0]) }
    }

    private static func record(_ line: Data) throws -> Record {
        let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        let input = try #require(object["input"] as? [String: Any])
        let shape = try #require(input["shape"] as? [Int])
        let logged = try #require(object["features"] as? [String: Any])
        let features = try data(logged)
        let time = try #require(object["time"] as? String)
        let prediction = try #require(object["prediction"] as? [String: Any])
        return Record(
            id: RecordID(try #require(object["id"] as? String)),
            time: try #require(Timestamp(rfc3339: time)),
            model: ModelID(try #require(object["model"] as? String)),
            user: UserID(try #require(object["user"] as? String)),
            image: Image(
                shape: ImageShape(height: shape[0], width: shape[1], channels: shape[2]),
                pixels: Array(try data(input))
            ),
            features: features.withUnsafeBytes { bytes in
                stride(from: 0, to: bytes.count, by: 4).map {
                    Float(
                        bitPattern: UInt32(
                            littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)
                        )
                    )
                }
            },
            prediction: Prediction(
                label: try #require(prediction["class"] as? String),
                probability: try #require(prediction["probability"] as? Double),
                probabilities: try #require(prediction["probabilities"] as? [Double])
            )
        )
    }

    private static func data(_ object: [String: Any]) throws -> Data {
        let text = try #require(object["data"] as? String)
        return try #require(Data(base64Encoded: text))
    }
}

/// A folder that goes away with its last reference.
final class Folder: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "riskd-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = url.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path
    }
}
