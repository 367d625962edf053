/// What a training had reached, as bytes: numbers are little-endian, lists have their length before them.
struct Checkpoint {
    private static let mark = Array("riskd training 2\n".utf8)

    let fingerprint: String
    /// The parameters of each network that is done.
    let finished: [[Float]]
    /// The network in training.
    let state: TrainerState

    init(fingerprint: String, finished: [[Float]], state: TrainerState) {
        self.fingerprint = fingerprint
        self.finished = finished
        self.state = state
    }

    /// The bytes, the last eight of which are a check sum.
    var encoded: [UInt8] {
        var bytes = Self.mark
        func append(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        func append(_ numbers: [Float]) {
            append(UInt64(numbers.count))
            for number in numbers { withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 } }
        }
        append(UInt64(fingerprint.utf8.count))
        bytes += Array(fingerprint.utf8)
        append(UInt64(finished.count))
        for parameters in finished { append(parameters) }
        append(UInt64(state.steps))
        append(UInt64(state.epoch))
        append(UInt64(state.bestEpoch))
        append(state.bestLoss.bitPattern)
        append(state.random.state)
        append(UInt64(state.adversarialScale.bitPattern))
        for numbers in [state.parameters, state.best, state.means, state.squares] { append(numbers) }
        append(Self.sum(bytes[...]))
        return bytes
    }

    /// Reads what `encoded` gave.
    init(_ bytes: [UInt8]) throws(TrainingError) {
        guard bytes.starts(with: Self.mark), bytes.count > Self.mark.count + 8 else {
            throw .wrongCheckpoint(reason: "it is no checkpoint of riskd")
        }
        var reader = Reader(bytes: bytes[Self.mark.count..<bytes.count - 8])
        var last = Reader(bytes: bytes[(bytes.count - 8)...])
        guard try last.number() == Self.sum(bytes.dropLast(8)) else {
            throw .wrongCheckpoint(reason: "it is damaged; remove it and start again")
        }
        fingerprint = String(decoding: try reader.take(Int(clamping: try reader.number())), as: UTF8.self)
        var finished: [[Float]] = []
        for _ in 0..<min(try reader.number(), 8) { finished.append(try reader.floats()) }
        self.finished = finished
        let (steps, epoch, bestEpoch) = (try reader.number(), try reader.number(), try reader.number())
        let (bestLoss, random) = (try reader.number(), try reader.number())
        let scale = try reader.number()
        var state = TrainerState(parameters: try reader.floats(), random: SeededRandom(seed: random))
        state.best = try reader.floats()
        state.means = try reader.floats()
        state.squares = try reader.floats()
        let count = state.parameters.count
        guard state.best.count == count, state.means.count == count, state.squares.count == count else {
            throw .wrongCheckpoint(reason: "its lists have different lengths")
        }
        state.adversarialScale = Float(bitPattern: UInt32(truncatingIfNeeded: scale))
        state.steps = Int(clamping: steps)
        state.epoch = Int(clamping: epoch)
        state.bestEpoch = Int(clamping: bestEpoch)
        state.bestLoss = Double(bitPattern: bestLoss)
        self.state = state
    }

    /// FNV-1a of the bytes: tells damage, not malice.
    private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func take(_ count: Int) throws(TrainingError) -> ArraySlice<UInt8> {
            guard count >= 0, count <= bytes.count else { throw .wrongCheckpoint(reason: "it is cut short") }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }

        mutating func number() throws(TrainingError) -> UInt64 {
            try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func floats() throws(TrainingError) -> [Float] {
            let count = try number()
            guard count <= bytes.count / 4 else { throw .wrongCheckpoint(reason: "it is cut short") }
            let raw = Array(try take(Int(count) * 4))
            return raw.withUnsafeBytes { raw in
                (0..<Int(count)).map { place in
                    let bits = raw.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)
                    return Float(bitPattern: UInt32(littleEndian: bits))
                }
            }
        }
    }
}
