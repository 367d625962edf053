import Foundation

/// The repository's root.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The recorded fashion trace.
let fashion = root.appending(path: "Tests/Fixtures/fashion")

/// Where ONNX Runtime is.
let runtimePath =
    ProcessInfo.processInfo.environment["RISKD_ONNXRUNTIME"]
    ?? root.appending(path: ".deps/onnxruntime/libonnxruntime.so").path

/// A folder of its own, removed at the end.
final class Scene {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "riskd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Writes a file and returns its path.
    func file(_ name: String, _ text: String) throws -> String {
        let path = folder.appending(path: name).path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// One line of a log: a record of two classes with four features.
    static func line(
        _ id: String,
        _ features: [Float],
        label: String,
        model: String = "m"
    ) -> String {
        var bytes = Data()
        for value in features {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        let share = label == "cat" ? "0.9,0.1" : "0.1,0.9"
        return """
            {"id":"\(id)","time":"2026-03-02T08:08:17.995Z","model":"\(model)","user":"u",\
            "features":{"dtype":"float32","shape":[\(features.count)],"data":"\(bytes.base64EncodedString())"},\
            "prediction":{"class":"\(label)","probability":0.9,"probabilities":[\(share)]}}

            """
    }

    /// A log of so many records, of either class in turn.
    static func log(_ count: Int) -> String {
        (0..<count).map { index in
            let isCat = index % 2 == 0
            let features = (0..<4).map { Float(($0 + index * 7) % 11) / 11 + (isCat ? 2 : 0) }
            return line("r\(index)", features, label: isCat ? "cat" : "dog")
        }.joined()
    }

    static let header =
        "id,scenario,attack,attack_instance,step,success,final,true_label,source,linf,rms,quant_loss\n"
}
