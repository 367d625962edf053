import Crypto
import Domain

/// Makes the digest of what is scored of a record: not of how it was written, nor of what its logger calls it.
struct RecordDigest {
    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(1024) }

    /// The digest of everything that was added.
    var finished: Digest128 { Digest128(sha256(bytes)) }

    mutating func add(_ text: String) {
        add(Int64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func add(_ prediction: Prediction) {
        add(prediction.label)
        add(Int64(bitPattern: prediction.probability.bitPattern))
        add(Int64(prediction.labelIndex ?? -1))
        guard let probabilities = prediction.probabilities else { return add(-1) }
        add(Int64(probabilities.count))
        for entry in probabilities { add(Int64(bitPattern: entry.bitPattern)) }
    }

    mutating func add(_ image: Image?) {
        guard let image else { return add(-1) }
        for side in [image.shape.height, image.shape.width, image.shape.channels] { add(Int64(side)) }
        if let sent = image.sent {
            add(1)
            bytes += sent.bytes
        } else {
            add(0)
            bytes += image.pixels.withUnsafeBytes { sha256($0) }
        }
    }

    mutating func add(_ features: [Float]?) {
        guard let features else { return add(-1) }
        add(Int64(features.count))
        let isLittleEndian = UInt32(1).littleEndian == 1
        let values = isLittleEndian ? features : features.map { Float(bitPattern: $0.bitPattern.byteSwapped) }
        bytes += values.withUnsafeBytes { sha256($0) }
    }
}
