internal import Crypto
internal import Domain
internal import Runtime
internal import SecondOpinion
internal import Training

/// What the network is fed, and whether it can be.
extension TrainingData {
    static func inputs(
        of entries: [RecordedLog.Entry],
        _ request: TrainingRequest,
        _ runtime: String?
    ) async throws -> [[Float]?] {
        switch request.input {
        case .features: return entries.map(\.record.features)
        case .image: return entries.map { $0.record.image?.planar }
        case .backbone(let path):
            guard let runtime else {
                throw InputError(path, "running it needs ONNX Runtime, which is not there")
            }
            let backbone = try OpinionSession(path, runtime: runtime)
            guard backbone.takesImage else { throw InputError(path, "it does not take an image") }
            let results = await WorkerPool(width: request.workers).map(count: entries.count) { index in
                Result { () throws -> [Float]? in
                    guard let image = entries[index].record.image else { return nil }
                    let shape = [image.shape.channels, image.shape.height, image.shape.width]
                    return try backbone.run(image.planar, shape: shape)
                }
            }
            return try results.map { try $0.get() }
        }
    }

    static func check(
        _ input: [Float],
        like first: [Float],
        _ entry: RecordedLog.Entry,
        _ kind: TrainingRequest.Input
    ) throws(InputError) {
        let field = kind == .features ? "features" : "input"
        guard input.count == first.count else {
            let reason = "\(input.count) numbers, but the first record has \(first.count)"
            throw InputError(entry.path, line: entry.line, field: field, reason)
        }
        guard input.allSatisfy(\.isFinite) else {
            throw InputError(entry.path, line: entry.line, field: field, "a number is not finite")
        }
    }

    static func digest(of example: Examples.Example) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in example.input { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
        let role = "\(example.label) \(example.weight) \(example.isClean) \(example.isValidation)"
        let target = example.target.map { "\($0)" } ?? "label"
        return sha256(bytes + Array("\(role) \(example.origin ?? -1) \(example.served) \(target)".utf8))
    }
}
