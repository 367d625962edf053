/// Which of a model's last 64 records that name a version name another one than its calibration does.
///
/// A few records of another version say nothing: a canary, a host that was forgotten, somebody's test. The model counts
/// as another one when most of them are, and as the calibrated one again when fewer than a quarter are, so that no steady
/// mixture goes up and down.
package struct VersionTrail: Hashable, Sendable {
    /// Records without which nothing is said.
    static let least = 8
    private static let most = 64

    /// The calibrated version that records are compared with.
    package let calibrated: String
    /// Whether most records name another.
    package private(set) var isOther: Bool
    /// The newest record in the lowest bit.
    private var others: UInt64 = 0
    private var count = 0

    /// A trail without records.
    ///
    /// - Parameters:
    ///   - calibrated: the calibration's version.
    ///   - isOther: what was known before.
    package init(calibrated: String, isOther: Bool = false) {
        self.calibrated = calibrated
        self.isOther = isOther
    }

    /// Takes in the version that a record names.
    mutating func add(_ version: String) {
        others = (others << 1) | (version.utf8.elementsEqual(calibrated.utf8) ? 0 : 1)
        count = min(count + 1, Self.most)
        guard count >= Self.least else { return }
        let different = others.nonzeroBitCount
        if different * 2 > count { isOther = true } else if different * 4 < count { isOther = false }
    }

    /// The trail as bytes.
    package var packed: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: others >> (8 * UInt64($0))) }
            + [UInt8(count), isOther ? 1 : 0] + Array(calibrated.utf8)
    }

    /// The trail of ``packed``; nil where `bytes` are none.
    package init?(packed bytes: [UInt8]) {
        guard bytes.count >= 10, bytes[8] <= Self.most else { return nil }
        self.init(calibrated: String(decoding: bytes[10...], as: UTF8.self), isOther: bytes[9] == 1)
        others = (0..<8).reduce(0) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        count = Int(bytes[8])
    }
}
