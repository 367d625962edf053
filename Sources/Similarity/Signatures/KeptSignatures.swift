package import Domain

/// Signatures that an earlier run made of one shape's images with one basis.
///
/// An image takes over its signature only if its sequence number and its digest are those that are noted beside it.
package struct KeptSignatures: Sendable {
    static let digestBytes = 16
    static let entryBytes = 8 + digestBytes + 1 + signatureLength

    /// The shape of the images.
    package let shape: ImageShape
    let learnt: (images: Int, sequence: Int64)
    let basis: [UInt8]
    let digest: ContentDigest
    /// Where the entries of each image lie, ascending.
    private let places: [Place]
    private let pages: [[UInt8]]

    private struct Place {
        let sequence: Int64
        let page: Int32
        let offset: Int32
    }

    /// Reads what was packed.
    ///
    /// - Parameters:
    ///   - origin: of ``SignatureOrigin/packed()``.
    ///   - pages: of ``SignaturePage/packed(digest:)``, made with this origin's basis; of images that are on several one counts.
    ///   - digest: the same as then.
    package init?(origin: [UInt8], pages: [[UInt8]], digest: @escaping ContentDigest) {
        var reader = Unpacker(origin)
        let sides = (0..<3).map { _ in reader.integer() ?? 0 }
        guard sides.allSatisfy({ 1...(1 << 20) ~= $0 }), let images = reader.integer(), images > 0,
            images < 1 << 40, let sequence = reader.integer(), let basis = reader.run(), reader.isAtEnd,
            pages.allSatisfy({ $0.count % Self.entryBytes == 0 && $0.count <= Int(Int32.max) })
        else { return nil }
        shape = ImageShape(height: Int(sides[0]), width: Int(sides[1]), channels: Int(sides[2]))
        learnt = (Int(images), sequence)
        self.basis = basis
        self.digest = digest
        self.pages = pages
        var places: [Place] = []
        for (number, page) in pages.enumerated() {
            page.withUnsafeBytes { bytes in
                for offset in stride(from: 0, to: bytes.count, by: Self.entryBytes) {
                    let sequence = bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)
                    places.append(
                        Place(
                            sequence: Int64(littleEndian: sequence),
                            page: Int32(number),
                            offset: Int32(offset)
                        )
                    )
                }
            }
        }
        self.places = places.sorted { $0.sequence < $1.sequence }
    }

    /// How many signatures there are.
    package var count: Int { places.count }

    /// Puts the signature of an image into a segment, if one was kept.
    ///
    /// - Parameters:
    ///   - sequence: of the image.
    ///   - pixels: the image.
    ///   - segment: of this basis.
    ///   - place: the image's there.
    /// - Returns: whether there was one.
    func take(
        _ sequence: Int64,
        _ pixels: UnsafePointer<UInt8>,
        into segment: SignatureSegment,
        at place: Int
    ) -> Bool {
        guard let found = self.place(of: sequence), isOf(pixels, found) else { return false }
        return pages[Int(found.page)].withUnsafeBufferPointer { page in
            guard let base = page.baseAddress else { return false }
            let flag = base + Int(found.offset) + 8 + Self.digestBytes
            // Without a signature the image is near to everything, as it was when none could be stored.
            if flag.pointee != 0 { segment.set(place, to: flag + 1) }
            return true
        }
    }

    /// Whether something was kept of this image.
    func holds(_ sequence: Int64, _ pixels: UnsafePointer<UInt8>) -> Bool {
        place(of: sequence).map { isOf(pixels, $0) } ?? false
    }

    private func isOf(_ pixels: UnsafePointer<UInt8>, _ place: Place) -> Bool {
        let start = Int(place.offset) + 8
        return digest(UnsafeRawBufferPointer(start: pixels, count: shape.count)).prefix(Self.digestBytes)
            .elementsEqual(pages[Int(place.page)][start..<start + Self.digestBytes])
    }

    /// The coordinates that were kept of an image, whatever its pixels are; nil where there are none.
    func coordinates(of sequence: Int64) -> ArraySlice<UInt8>? {
        guard let found = place(of: sequence) else { return nil }
        let (page, entry) = (pages[Int(found.page)], Int(found.offset))
        guard page[entry + 8 + Self.digestBytes] != 0 else { return nil }
        return page[entry + 9 + Self.digestBytes..<entry + Self.entryBytes]
    }

    private func place(of sequence: Int64) -> Place? {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low].sequence == sequence ? places[low] : nil
    }
}
