package import Domain

/// `byte / 255` for every byte, divided once: the same bits as dividing each pixel.
private let scaled: [Float] = (0...255).map { Float($0) / 255 }

extension Image {
    /// The pixels as models take them: channel × height × width, 0 … 1.
    package var planar: [Float] {
        let plane = shape.height * shape.width
        guard shape.channels > 1 else { return pixels.map { scaled[Int($0)] } }
        var result = [Float](repeating: 0, count: pixels.count)
        var index = 0
        for place in 0..<plane {
            for channel in 0..<shape.channels {
                result[channel * plane + place] = scaled[Int(pixels[index])]
                index += 1
            }
        }
        return result
    }
}
