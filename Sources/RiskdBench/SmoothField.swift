/// A random field that changes smoothly: value noise of three octaves, as uneven light and soft textures have.
struct SmoothField {
    private let octaves: [(size: Int, weight: Double, values: [Double])]

    /// A field from the next random numbers.
    init(_ generator: inout SeededGenerator) {
        var octaves: [(size: Int, weight: Double, values: [Double])] = []
        for (size, weight) in [(4, 0.6), (8, 0.28), (16, 0.12)] {
            octaves.append((size, weight, (0..<size * size).map { _ in generator.number(-1...1) }))
        }
        self.octaves = octaves
    }

    /// The field at a point.
    ///
    /// - Parameters:
    ///   - x: 0 … 1.
    ///   - y: 0 … 1.
    /// - Returns: -1 … 1.
    func value(_ x: Double, _ y: Double) -> Double {
        octaves.reduce(0) { sum, octave in
            let (column, row) = (x * Double(octave.size - 1), y * Double(octave.size - 1))
            let (left, top) = (min(Int(column), octave.size - 2), min(Int(row), octave.size - 2))
            let (right, bottom) = (smooth(column - Double(left)), smooth(row - Double(top)))
            let place = top * octave.size + left
            let upper = octave.values[place] * (1 - right) + octave.values[place + 1] * right
            let lower =
                octave.values[place + octave.size] * (1 - right)
                + octave.values[place + octave.size + 1] * right
            return sum + octave.weight * (upper * (1 - bottom) + lower * bottom)
        }
    }

    private func smooth(_ share: Double) -> Double { share * share * (3 - 2 * share) }
}
