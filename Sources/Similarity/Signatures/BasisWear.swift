/// Whether images have come to look so different that a basis says less of them than of those that came just after it.
///
/// What signatures leave of an image, a length, is measured: it is what no bound can tell.
struct BasisWear {
    /// Images of a mean.
    private static let count = 4096
    /// What counts as more: a share of what is left of the images that the basis was learnt from.
    private static let share: Float = 0.03

    private(set) var first: (sum: Float, count: Int) = (0, 0)
    private var latest: Float = 0
    private var usual: Float = 0

    /// Takes a new image in.
    mutating func add(_ signature: borrowing Signature, _ basis: SignatureBasis) {
        usual = basis.usualRest
        let excess = basis.restExcess(of: signature)
        if first.count < Self.count {
            first.sum += excess
            first.count += 1
            latest = first.sum / Float(first.count)
        } else {
            latest += (excess - latest) / Float(Self.count)
        }
    }

    /// Whether a basis that is learnt now would be of use.
    var isWorn: Bool {
        guard first.count == Self.count else { return false }
        return latest - first.sum / Float(first.count) > Self.share * usual
    }
}
