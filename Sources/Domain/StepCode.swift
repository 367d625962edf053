/// What one query says to one detector's bets, as it is stored with its tick.
///
/// Queries of a tick count one after the other, so their order is kept where a histogram would forget it.
package struct StepCode: Hashable, Sendable {
    /// Bits 0 to 5: the rung; bit 6: whether the scene was known; all bits: not scored.
    package let bits: UInt8

    /// The most rungs that a detector may have.
    package static let mostRungs = 0x3f - 1

    private static let sceneBit: UInt8 = 0x40

    /// The query was not scored by the detector: it bets nothing.
    package static let unscored = StepCode(bits: 0xff)

    /// A code as it was stored; any byte is one.
    package init(bits: UInt8) { self.bits = bits }

    /// A scored query.
    ///
    /// - Parameters:
    ///   - rung: 0 … ``mostRungs``.
    ///   - isSceneKnown: whether the score says again what it said of an earlier input of the same scene.
    package init(rung: Int, isSceneKnown: Bool = false) {
        bits = UInt8(min(max(0, rung), Self.mostRungs)) | (isSceneKnown ? Self.sceneBit : 0)
    }

    /// How many thresholds the score exceeded; nil: not scored.
    package var rung: Int? { self == .unscored ? nil : Int(bits & 0x3f) }

    /// Whether the score says again what it said of an earlier input of the same scene.
    package var isSceneKnown: Bool { self != .unscored && bits & Self.sceneBit != 0 }
}
