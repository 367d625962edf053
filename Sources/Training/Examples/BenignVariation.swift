/// Changes an image as ordinary use does: another crop, orientation, exposure or sensor.
package struct BenignVariation: Sendable {
    /// Planes of the images.
    private let channels: Int
    /// Their rows.
    private let height: Int
    /// Their columns.
    private let width: Int

    private static let levels: Float = 255
    /// Pixels that an image is moved by at most, in either direction.
    private static let reach = 2

    /// Variations of images of one shape.
    package init(channels: Int, height: Int, width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// A variation.
    ///
    /// - Parameters:
    ///   - image: plane after plane, numbers of 0 … 1.
    ///   - random: which variation.
    /// - Returns: an image of whole grey levels, moved, mirrored, brightened or darkened, and noisy.
    package func image(of image: [Float], _ random: inout SeededRandom) -> [Float] {
        let down = random.index(below: 2 * Self.reach + 1) - Self.reach
        let right = random.index(below: 2 * Self.reach + 1) - Self.reach
        let isTurned = random.uniform() < 0.25
        let (mirrorsRows, mirrorsColumns) = (
            isTurned && random.uniform() < 0.5, isTurned && random.uniform() < 0.5
        )
        let swaps = isTurned && height == width && random.uniform() < 0.5
        let gain = 0.8 + 0.4 * random.uniform()
        let deviation = 6 / Self.levels * random.uniform() * random.uniform()
        var result = image
        for plane in 0..<channels {
            for y in 0..<height {
                for x in 0..<width {
                    var row = min(max(y + down, 0), height - 1)
                    var column = min(max(x + right, 0), width - 1)
                    if mirrorsRows { row = height - 1 - row }
                    if mirrorsColumns { column = width - 1 - column }
                    if swaps { (row, column) = (column, row) }
                    let value = image[(plane * height + row) * width + column] * gain
                    let noisy = min(max(value + random.normal() * deviation, 0), 1)
                    result[(plane * height + y) * width + x] = (noisy * Self.levels).rounded() / Self.levels
                }
            }
        }
        return result
    }
}
