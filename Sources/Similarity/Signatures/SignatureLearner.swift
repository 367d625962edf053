internal import Dispatch
internal import Synchronization

/// Where an image's pixels are, whatever becomes of the history meanwhile.
///
/// Unchecked: the pixels of an image never change once it was appended.
struct HeldImage: @unchecked Sendable {
    let buffer: PixelBuffer
    let place: Int

    var pixels: UnsafePointer<UInt8> { buffer[place] }
}

/// Learns and signs behind the searches' backs; what it delivers changes how fast they are, never what they find.
final class SignatureLearner: Sendable {
    /// What came of a job.
    enum Product: Sendable {
        case basis(SignatureBasis)
        /// A segment, its number, and how many of its places are signed.
        case segment(SignatureSegment, number: Int, count: Int)
    }

    /// Images that become a segment.
    struct SegmentOrder: Sendable {
        let number: Int
        /// The place of the first image.
        let offset: Int
        let images: [HeldImage]
    }

    private struct State {
        var products: [Product] = []
        var isBusy = false
        var isCancelled = false
    }

    /// One thread for all histories: the processors are for searching.
    private static let queue = DispatchQueue(label: "riskd.signatures", qos: .background)

    private let state = StateBox()

    /// The state, which outlives this while a job runs.
    private final class StateBox: Sendable {
        let value = Mutex(State())
    }

    deinit { state.value.withLock { $0.isCancelled = true } }

    /// Whether a job is running or waiting.
    var isBusy: Bool { state.value.withLock { $0.isBusy } }

    /// Whether something was made that nobody took.
    var hasProducts: Bool { state.value.withLock { !$0.products.isEmpty } }

    /// What was made since the last call.
    func takeProducts() -> [Product] {
        state.value.withLock { state in
            defer { state.products = [] }
            return state.products
        }
    }

    /// Learns a basis from `images`.
    func learn(from images: [HeldImage], kernel: PairKernel, immediately: Bool) {
        run(immediately) { state in
            guard let stride = images.first?.buffer.stride else { return }
            let sample = PixelBuffer(stride: stride, capacity: images.count)
            for (index, image) in images.enumerated() { sample.copy(index, from: image.pixels) }
            let basis = SignatureBasis(sample: sample, count: images.count, kernel: kernel)
            state.value.withLock { $0.products.append(.basis(basis)) }
        }
    }

    /// Signs the images of `orders`, one segment after another.
    func sign(_ orders: [SegmentOrder], basis: SignatureBasis, immediately: Bool) {
        run(immediately) { state in
            for order in orders {
                let segment = SignatureSegment(basis: basis)
                let table = SignatureTable(count: SignatureBasis.group)
                for first in stride(from: 0, to: order.images.count, by: SignatureBasis.group) {
                    guard !state.value.withLock({ $0.isCancelled }) else { return }
                    let images = order.images[first..<min(first + SignatureBasis.group, order.images.count)]
                    basis.sign(images.map(\.pixels), into: table[0])
                    for index in 0..<images.count {
                        segment.set(order.offset + first + index, to: table[index].pointee)
                    }
                }
                let count = order.offset + order.images.count
                let product = Product.segment(segment, number: order.number, count: count)
                state.value.withLock { $0.products.append(product) }
            }
        }
    }

    private func run(_ immediately: Bool, _ job: @escaping @Sendable (StateBox) -> Void) {
        let state = self.state
        guard !immediately else { return job(state) }
        state.value.withLock { $0.isBusy = true }
        Self.queue.async {
            if !state.value.withLock({ $0.isCancelled }) { job(state) }
            state.value.withLock { $0.isBusy = false }
        }
    }
}
