import Domain

/// A recorded grey image, turned, scaled and shifted, to be sampled at any point.
struct Placement {
    private let image: Image
    private let (cosine, sine, scale): (Double, Double, Double)
    private let (x, y): (Double, Double)
    private let isMirrored: Bool

    /// A random placement.
    ///
    /// - Parameters:
    ///   - image: grey.
    ///   - strength: 0 (as it is) … 1 (a third of the frame, 20 degrees, half to one and a half of the size).
    ///   - generator: where the numbers come from.
    init(_ image: Image, strength: Double, _ generator: inout SeededGenerator) {
        self.image = image
        let angle = strength * generator.number(-0.35...0.35)
        // Short Taylor series are exact enough for a picture.
        sine = angle - angle * angle * angle / 6
        cosine = 1 - angle * angle / 2
        scale = 1 + strength * generator.number(-0.4...0.4)
        x = strength * generator.number(-0.3...0.3)
        y = strength * generator.number(-0.3...0.3)
        isMirrored = generator.chance(0.5)
    }

    /// The brightness at a point, 0 … 1; 0 outside of the image.
    ///
    /// - Parameters:
    ///   - x: 0 (left) … 1.
    ///   - y: 0 (top) … 1.
    /// - Returns: brightness, interpolated.
    func value(_ x: Double, _ y: Double) -> Double {
        let (dx, dy) = ((isMirrored ? 1 - x : x) - 0.5 - self.x, y - 0.5 - self.y)
        let column = ((cosine * dx + sine * dy) / scale + 0.5) * Double(image.shape.width) - 0.5
        let row = ((cosine * dy - sine * dx) / scale + 0.5) * Double(image.shape.height) - 0.5
        let (left, top) = (column.rounded(.down), row.rounded(.down))
        let (right, bottom) = (column - left, row - top)
        let upper = pixel(left, top) * (1 - right) + pixel(left + 1, top) * right
        let lower = pixel(left, top + 1) * (1 - right) + pixel(left + 1, top + 1) * right
        return upper * (1 - bottom) + lower * bottom
    }

    private func pixel(_ column: Double, _ row: Double) -> Double {
        guard column >= 0, row >= 0, column < Double(image.shape.width), row < Double(image.shape.height)
        else { return 0 }
        let place = (Int(row) * image.shape.width + Int(column)) * image.shape.channels
        return Double(image.pixels[place]) / 255
    }
}

/// Makes new images out of recorded ones.
///
/// With colours: two objects over a lit, textured background, of varying contrast, with grain. Without: one object,
/// a little moved, on black, as the recorded ones are. Neither is noise: neighbouring pixels agree as in photographs.
struct ImageMaker {
    let shape: ImageShape
    let sources: [Image]

    /// A new image.
    func make(_ generator: inout SeededGenerator) -> [UInt8] {
        shape.channels == 1 ? grey(&generator) : coloured(&generator)
    }

    private func grey(_ generator: inout SeededGenerator) -> [UInt8] {
        let object = Placement(source(&generator), strength: 0.35, &generator)
        let field = SmoothField(&generator)
        let (light, texture) = (generator.number(0.55...1), generator.number(0...0.35))
        return pixels { x, y, pixels in
            let value = object.value(x, y) * light * (1 + texture * field.value(x, y))
            pixels.append(byte(value * 255))
        }
    }

    private func coloured(_ generator: inout SeededGenerator) -> [UInt8] {
        let objects = (0..<2).map { _ in Placement(source(&generator), strength: 1, &generator) }
        let (light, texture) = (SmoothField(&generator), SmoothField(&generator))
        let depth = generator.number(0.1...0.6)
        let (contrast, mean) = (generator.number(0.25...1), generator.number(70...180))
        let grain = generator.number(0...8)
        let colours = (0..<3).map { _ in (0..<3).map { _ in generator.number(20...235) } }
        var noise = SeededGenerator(seed: generator.next())
        return pixels { x, y, pixels in
            let (first, second) = (objects[0].value(x, y), objects[1].value(x, y))
            let (lit, soft) = (1 + depth * light.value(x, y), 25 * texture.value(y, x))
            for channel in 0..<3 {
                // An object covers what is behind it as far as it is bright, and is shaded by its own brightness.
                let ground = colours[0][channel] * lit + soft
                let far = over(ground, colours[2][channel], second)
                let value = over(far, colours[1][channel], first)
                let speck = grain * (noise.number(-1...1) + noise.number(-1...1))
                pixels.append(byte(mean + contrast * (value - mean) + speck))
            }
        }
    }

    private func over(_ behind: Double, _ colour: Double, _ brightness: Double) -> Double {
        let cover = min(1, brightness * 4)
        return behind * (1 - cover) + colour * (0.4 + 0.7 * brightness) * cover
    }

    private func byte(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 255)) }

    private func source(_ generator: inout SeededGenerator) -> Image {
        sources[generator.integer(0...sources.count - 1)]
    }

    private func pixels(_ append: (Double, Double, inout [UInt8]) -> Void) -> [UInt8] {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(shape.count)
        for row in 0..<shape.height {
            for column in 0..<shape.width {
                let x = (Double(column) + 0.5) / Double(shape.width)
                append(x, (Double(row) + 0.5) / Double(shape.height), &pixels)
            }
        }
        return pixels
    }
}
