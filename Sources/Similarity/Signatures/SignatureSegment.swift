internal import CSimilarity

/// Signatures of neighbouring images of a history, by the same basis.
///
/// Unchecked: one task writes it before others read it.
final class SignatureSegment: @unchecked Sendable {
    /// Images of a segment; a multiple of 16.
    static let capacity = 4096
    /// Bytes of an image's signature.
    static let bytes = signatureLength + 4 * SignatureParts.ends.count

    let basis: SignatureBasis
    /// The blocks of the first and the second part, and the rows of the rest.
    private let parts: [UnsafeMutablePointer<Int8>]
    private let memory: UnsafeMutableRawPointer

    /// A segment in which every place counts as near to everything, until it is set.
    init(basis: SignatureBasis) {
        self.basis = basis
        memory = .allocate(byteCount: Self.capacity * Self.bytes, alignment: 64)
        memory.initializeMemory(as: Int8.self, repeating: 0, count: Self.capacity * Self.bytes)
        let blocks = Self.capacity / 16 * Self.blockBytes
        parts = [0, blocks, 2 * blocks].map { [memory] in (memory + $0).assumingMemoryBound(to: Int8.self) }
        for place in 0..<Self.capacity {
            for part in SignatureParts.ends.indices { setLength(of: place, part, to: Self.near) }
        }
    }

    deinit { memory.deallocate() }

    /// A length so far below 0 that no limit rules it out.
    private static let near = Int32.min / 2
    private static let blockBytes = 64 + 16 * Int(SIMILARITY_PART)
    private static let rowBytes = 8 + signatureLength - Int(SIMILARITY_PART * SIMILARITY_BLOCKED_PARTS)

    /// Stores a signature; one that is not storable stays near to everything.
    func set(_ place: Int, to signature: borrowing Signature) {
        guard signature.isStorable else { return }
        set(place, to: UnsafePointer(signature.coordinates))
    }

    /// Stores the coordinates of a signature that is storable, each plus 128.
    func set(_ place: Int, to coordinates: UnsafePointer<UInt8>) {
        var (start, sum): (Int, Int32) = (0, 0)
        var lengths: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        for (part, end) in SignatureParts.ends.enumerated() {
            let isBlocked = part < Int(SIMILARITY_BLOCKED_PARTS)
            let inBlock = 64 + place % 16 * 4
            let lane =
                isBlocked ? block(place / 16, of: part) + inBlock : row(place) + 8 - SignatureParts.ends[1]
            for index in start..<end {
                let value = Int32(coordinates[index]) - 128
                sum += (value * value + 256 * value) * (part == 0 ? Int32(SIMILARITY_FIRST_WEIGHT) : 1)
                lane[isBlocked ? (index - start) / 4 * 64 + index % 4 : index] = Int8(value)
            }
            switch part {
            case 0: lengths.0 = sum
            case 1: lengths.1 = sum
            case 2: lengths.2 = sum
            default: lengths.3 = sum
            }
            start = end
        }
        setLength(of: place, 0, to: lengths.0)
        setLength(of: place, 1, to: lengths.1)
        setLength(of: place, 2, to: lengths.2)
        setLength(of: place, 3, to: lengths.3)
    }

    /// The coordinates stored at `place`, each plus 128.
    ///
    /// - Parameters:
    ///   - place: of this segment.
    ///   - out: room for `signatureLength` bytes, left as it is where nothing is stored.
    /// - Returns: whether something is stored.
    func copy(_ place: Int, to out: UnsafeMutablePointer<UInt8>) -> Bool {
        let length = UnsafeRawPointer(block(place / 16, of: 0)).load(
            fromByteOffset: place % 16 * 4,
            as: Int32.self
        )
        guard length != Self.near else { return false }
        var start = 0
        for (part, end) in SignatureParts.ends.enumerated() {
            let isBlocked = part < Int(SIMILARITY_BLOCKED_PARTS)
            let inBlock = 64 + place % 16 * 4
            let lane =
                isBlocked ? block(place / 16, of: part) + inBlock : row(place) + 8 - SignatureParts.ends[1]
            for index in start..<end {
                let value = lane[isBlocked ? (index - start) / 4 * 64 + index % 4 : index]
                out[index] = UInt8(Int32(value) + 128)
            }
            start = end
        }
        return true
    }

    /// Appends the candidates among the first `count` places; there is room for a segment's.
    func scan(_ queries: [similarity_scan_query], count: Int, path: KernelPath) {
        let bases = parts.map { UnsafePointer($0) as UnsafePointer<Int8>? }
        similarity_scan(path.rawValue, queries, queries.count, bases, 0, (count + 15) / 16)
    }

    private func block(_ number: Int, of part: Int) -> UnsafeMutablePointer<Int8> {
        parts[part] + number * Self.blockBytes
    }

    private func row(_ place: Int) -> UnsafeMutablePointer<Int8> {
        parts[Int(SIMILARITY_BLOCKED_PARTS)] + place * Self.rowBytes
    }

    private func setLength(of place: Int, _ part: Int, to length: Int32) {
        let isBlocked = part < Int(SIMILARITY_BLOCKED_PARTS)
        let offset = isBlocked ? place % 16 * 4 : (part - Int(SIMILARITY_BLOCKED_PARTS)) * 4
        UnsafeMutableRawPointer(isBlocked ? block(place / 16, of: part) : row(place))
            .storeBytes(of: length, toByteOffset: offset, as: Int32.self)
    }
}

/// Room for what a scan of one segment finds for each of some queries.
final class CandidateRoom {
    private let base: UnsafeMutablePointer<similarity_candidate>
    private let counts: UnsafeMutablePointer<Int>

    init(queries: Int) {
        base = .allocate(capacity: SignatureSegment.capacity * queries)
        counts = .allocate(capacity: queries)
        counts.initialize(repeating: 0, count: queries)
    }

    deinit {
        base.deallocate()
        counts.deallocate()
    }

    /// Place `number` emptied, for a query with this signature.
    func order(_ number: Int, signature: borrowing Signature, limit: Int32) -> similarity_scan_query {
        counts[number] = 0
        return similarity_scan_query(
            coordinates: signature.coordinates,
            lengths: signature.lengths,
            limit: limit,
            candidates: base + number * SignatureSegment.capacity,
            found: counts + number
        )
    }

    /// Calls `body` with the places that the scan found for place `number`, and the squared distances there.
    func forEachFound(_ number: Int, _ body: (Int, Int32) -> Void) {
        let found = base + number * SignatureSegment.capacity
        for index in 0..<counts[number] { body(Int(found[index].index), found[index].bound) }
    }
}
