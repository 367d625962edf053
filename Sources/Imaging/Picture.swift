/// Pixels to be shown: row-major bytes, one (grey) or three (red, green, blue) a pixel.
package struct Picture: Hashable, Sendable {
    /// Rows.
    package let height: Int
    /// Columns.
    package let width: Int
    package let channels: Int
    /// height × width × channels bytes, 0 (black) … 255.
    package let pixels: [UInt8]

    /// A picture; nil when there are too few or too many bytes, or another number of channels.
    ///
    /// - Parameters:
    ///   - height: rows, at least 1.
    ///   - width: columns, at least 1.
    ///   - channels: of further ones than three the first three are taken, of two the first.
    ///   - pixels: row-major, channels last.
    package init?(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
        guard height > 0, width > 0, channels > 0, pixels.count == height * width * channels else {
            return nil
        }
        let kept = channels >= 3 ? 3 : 1
        self.height = height
        self.width = width
        self.channels = kept
        self.pixels =
            kept == channels
            ? pixels
            : stride(from: 0, to: pixels.count, by: channels).flatMap { pixels[$0..<$0 + kept] }
    }

    /// The picture in at most `side` rows and columns, each pixel the mean of those that it stands for.
    ///
    /// - Parameter side: at least 1.
    /// - Returns: itself where it is small enough.
    package func thumbnail(side: Int) -> Picture {
        let longest = max(height, width)
        guard longest > side else { return self }
        let (rows, columns) = (max(1, height * side / longest), max(1, width * side / longest))
        var small: [UInt8] = []
        small.reserveCapacity(rows * columns * channels)
        for row in 0..<rows {
            let (top, bottom) = (row * height / rows, (row + 1) * height / rows)
            for column in 0..<columns {
                let (left, right) = (column * width / columns, (column + 1) * width / columns)
                for channel in 0..<channels {
                    var sum = 0
                    for y in top..<bottom {
                        for x in left..<right { sum += Int(pixels[(y * width + x) * channels + channel]) }
                    }
                    let count = (bottom - top) * (right - left)
                    small.append(UInt8((sum + count / 2) / count))
                }
            }
        }
        return Picture(small, rows, columns, channels)
    }

    private init(_ pixels: [UInt8], _ height: Int, _ width: Int, _ channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
    }
}

extension Picture {
    /// How two pictures of one size differ: dark where they are equal, brightest where they differ most.
    ///
    /// - Parameter other: the other picture.
    /// - Returns: the heat map, and the largest difference in grey levels; nil when the sizes differ.
    package func heatMap(against other: Picture) -> (map: Picture, largest: Int)? {
        guard height == other.height, width == other.width, channels == other.channels else { return nil }
        let differences = (0..<height * width).map { pixel in
            (0..<channels).reduce(0) { largest, channel in
                let place = pixel * channels + channel
                return max(largest, abs(Int(pixels[place]) - Int(other.pixels[place])))
            }
        }
        let largest = differences.max() ?? 0
        let colours = differences.flatMap {
            HeatScale.colour(largest == 0 ? 0 : Double($0) / Double(largest))
        }
        return (Picture(colours, height, width, 3), largest)
    }
}
