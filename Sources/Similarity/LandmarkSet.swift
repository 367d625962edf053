internal import CSimilarity

/// The landmarks of a ``SignatureBasis``, ready to be compared with many images.
///
/// Unchecked: nothing changes after initialisation.
final class LandmarkSet: @unchecked Sendable {
    let count: Int
    private let kernel: PairKernel
    private let pixels: PixelBuffer
    /// One outline after another; nil where outlines do not help.
    private let outlines: UnsafeMutableRawPointer?
    private let outlineBytes: Int

    /// - Parameters:
    ///   - pixels: `count` images.
    ///   - count: how many there are.
    ///   - kernel: what compares.
    init(_ pixels: PixelBuffer, count: Int, kernel: PairKernel) {
        self.count = count
        self.kernel = kernel
        self.pixels = pixels
        outlineBytes = withUnsafePointer(to: kernel.plan) {
            similarity_outline_bytes(kernel.path.rawValue, $0)
        }
        outlines = outlineBytes == 0 ? nil : .allocate(byteCount: outlineBytes * count, alignment: 64)
        guard let outlines else { return }
        for index in 0..<count {
            PreparedImage(pixels[index], kernel: kernel).writeOutline(to: outlines + index * outlineBytes)
        }
    }

    deinit { outlines?.deallocate() }

    /// Calls `body` for every image of `images` and landmark, with their similarity by region.
    ///
    /// One landmark after another, so that its outline is read from afar once for all images.
    func compare(_ images: [UnsafePointer<UInt8>], _ body: (Int, Int, UnsafePointer<Float>) -> Void) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: kernel.regionCount) { parts in
            guard let base = parts.baseAddress else { return }
            guard let outlines else {
                for (row, image) in images.enumerated() {
                    let prepared = PreparedImage(image, kernel: kernel)
                    for landmark in 0..<count {
                        prepared.regions(of: pixels[landmark], into: base)
                        body(row, landmark, base)
                    }
                }
                return
            }
            compare(images, with: outlines, parts: base, body)
        }
    }

    private func compare(
        _ images: [UnsafePointer<UInt8>],
        with outlines: UnsafeMutableRawPointer,
        parts: UnsafeMutablePointer<Float>,
        _ body: (Int, Int, UnsafePointer<Float>) -> Void
    ) {
        var plan = kernel.plan
        let own = UnsafeMutableRawPointer.allocate(byteCount: outlineBytes * images.count, alignment: 64)
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: similarity_scratch_bytes(&plan),
            alignment: 64
        )
        defer {
            own.deallocate()
            scratch.deallocate()
        }
        for (row, image) in images.enumerated() {
            PreparedImage(image, kernel: kernel).writeOutline(to: own + row * outlineBytes)
        }
        for landmark in 0..<count {
            for (row, image) in images.enumerated() {
                similarity_outline_regions(
                    kernel.path.rawValue,
                    &plan,
                    image,
                    own + row * outlineBytes,
                    pixels[landmark],
                    outlines + landmark * outlineBytes,
                    parts,
                    scratch
                )
                body(row, landmark, parts)
            }
        }
    }
}
