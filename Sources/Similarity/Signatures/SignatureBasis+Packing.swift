internal import CSimilarity
internal import Domain

extension SignatureBasis {
    /// To be raised whenever signatures of the same basis and image may differ by more than rounding.
    static let version: Int64 = 2

    /// Everything that was learnt.
    func packed() -> [UInt8] {
        var packer = Packer()
        packer.append(Self.version)
        packer.append(kind)
        packer.append(features.centres)
        packer.append(local.values)
        packer.append(global.values)
        packer.append(mean)
        packer.append(Double(usualRest))
        packer.append(Double(step))
        packer.append(storedError)
        return packer.bytes
    }

    /// The basis that was packed.
    ///
    /// - Parameters:
    ///   - bytes: of ``packed()``.
    ///   - kernel: the distance that it bounds.
    /// - Returns: nil where the bytes are of another version, metric or shape.
    static func unpacked(_ bytes: [UInt8], kernel: PairKernel) -> SignatureBasis? {
        var reader = Unpacker(bytes)
        guard reader.integer() == version,
            reader.integer() == SignatureFeatures.kind(kernel), let centres = reader.floats(),
            let features = SignatureFeatures(centres: centres, kernel: kernel)
        else { return nil }
        let columns = features.regions * regionLength
        guard let local = FloatMatrix(rows: regionLength, columns: features.stride, values: reader.floats()),
            let global = FloatMatrix(rows: signatureLength, columns: columns, values: reader.floats()),
            let mean = reader.floats(), mean.count == columns, mean.allSatisfy(\.isFinite),
            let usualRest = reader.number(), let step = reader.number(), let error = reader.number(),
            reader.isAtEnd, usualRest.isFinite, step.isFinite, step > 0, error.isFinite, error >= 0
        else { return nil }
        return SignatureBasis(
            features: features,
            kernel: kernel,
            local: local,
            global: global,
            mean: mean,
            usualRest: Float(usualRest),
            step: Float(step),
            storedError: error
        )
    }
}

extension FloatMatrix {
    /// All values, row by row, without padding.
    fileprivate var values: [Float] {
        (0..<rows).flatMap { UnsafeBufferPointer(start: self[$0], count: columns) }
    }

    fileprivate convenience init?(rows: Int, columns: Int, values: [Float]?) {
        guard let values, values.count == rows * columns, values.allSatisfy(\.isFinite) else { return nil }
        self.init(rows: rows, columns: columns)
        for row in 0..<rows {
            for column in 0..<columns { self[row][column] = values[row * columns + column] }
        }
    }
}
