/// Room for so many numbers that stays where it is, zeros at first.
///
/// `@unchecked Sendable`: a buffer belongs to one shard's workspace, which one thread uses at a time.
final class FloatBuffer: @unchecked Sendable {
    let count: Int
    let values: UnsafeMutablePointer<Float>

    init(count: Int) {
        self.count = count
        values = .allocate(capacity: max(count, 1))
        values.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { values.deallocate() }

    func clear() { values.update(repeating: 0, count: count) }
}
