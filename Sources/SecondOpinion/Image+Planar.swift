package import Domain

/// `byte / 255` for every byte, divided once: the same bits as dividing each pixel.
private let scaled: [Float] = (0...255).map { Float($0) / 255 }

extension Image {
    /// The values as models take them, also between grey levels: channel × height × width, 0 … 1.
    package var planar: [Float] {
        let plane = shape.height * shape.width
        guard shape.channels > 1 else { return pixels.indices.map(share) }
        var result = [Float](repeating: 0, count: pixels.count)
        var index = 0
        for place in 0..<plane {
            for channel in 0..<shape.channels {
                result[channel * plane + place] = share(index)
                index += 1
            }
        }
        return result
    }

    private func share(_ index: Int) -> Float {
        guard let fractions else { return scaled[Int(pixels[index])] }
        return Float((Double(pixels[index]) + Double(fractions[index]) / 256) / 255)
    }
}
