package import Domain

/// What a history was signed with, to be kept with its signatures.
package final class SignatureOrigin: Sendable {
    /// The shape of the images.
    package let shape: ImageShape
    let basis: SignatureBasis
    /// How many images there were when it was learnt, and the sequence number of the newest.
    let learnt: (images: Int, sequence: Int64)

    init(shape: ImageShape, basis: SignatureBasis, learnt: (images: Int, sequence: Int64)) {
        self.shape = shape
        self.basis = basis
        self.learnt = learnt
    }

    /// Everything, as bytes.
    package func packed() -> [UInt8] {
        var packer = Packer()
        for side in [shape.height, shape.width, shape.channels] { packer.append(Int64(side)) }
        packer.append(Int64(learnt.images))
        packer.append(learnt.sequence)
        packer.append(basis.packed())
        return packer.bytes
    }
}

/// Signatures of neighbouring images of a history that will not change any more, to be kept until after a restart.
package struct SignaturePage: Sendable {
    /// What signed them.
    package let origin: SignatureOrigin
    /// The images' sequence numbers, ascending; not empty.
    package let sequences: [Int64]
    /// Whether nothing older in the history is signed by another basis.
    package let isLast: Bool
    private let images: [HeldImage]
    private let segment: SignatureSegment
    private let firstPlace: Int

    init(
        origin: SignatureOrigin,
        sequences: [Int64],
        isLast: Bool,
        images: [HeldImage],
        segment: SignatureSegment,
        firstPlace: Int
    ) {
        self.origin = origin
        self.sequences = sequences
        self.isLast = isLast
        self.images = images
        self.segment = segment
        self.firstPlace = firstPlace
    }

    /// Everything but the origin, as bytes: by image its sequence number, its digest, whether it has a signature, and that.
    ///
    /// - Parameter digest: of pixels; 16 bytes that no other image has.
    /// - Returns: what ``KeptSignatures`` reads.
    package func packed(digest: ContentDigest) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sequences.count * KeptSignatures.entryBytes)
        var coordinates = [UInt8](repeating: 128, count: signatureLength)
        for (index, image) in images.enumerated() {
            var entry = Packer()
            entry.append(sequences[index])
            bytes += entry.bytes
            bytes += digest(UnsafeRawBufferPointer(start: image.pixels, count: image.buffer.stride))
                .prefix(KeptSignatures.digestBytes)
            bytes.append(segment.copy(firstPlace + index, to: &coordinates) ? 1 : 0)
            bytes += coordinates
        }
        return bytes
    }
}

/// A digest of an image's pixels, at least 16 bytes, that nobody can make two images for.
package typealias ContentDigest = @Sendable (UnsafeRawBufferPointer) -> [UInt8]
