/// The squared Euclidean length of `count` values.
func squaredLength(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    var lanes = SIMD16<Float>(repeating: 0)
    var index = 0
    while index + 16 <= count {
        let part = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD16<Float>.self)
        lanes += part * part
        index += 16
    }
    var sum = lanes.sum()
    while index < count {
        sum += values[index] * values[index]
        index += 1
    }
    return sum
}

/// The `count` orthonormal directions along which the rows of `data` (already centred) extend most, largest first.
///
/// Orthogonal iteration; a few rounds are enough for a bound that needs the subspace only roughly.
func principalDirections(of data: FloatMatrix, count: Int, rounds: Int, path: KernelPath) -> FloatMatrix {
    let directions = FloatMatrix(rows: count, columns: data.columns)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for row in 0..<count {
        for column in 0..<data.columns {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            directions[row][column] = Float(state >> 40) / Float(1 << 24) - 0.5
        }
    }
    orthonormalise(directions)
    let transposed = data.transposed
    let scores = FloatMatrix(rows: data.rows, columns: count)
    for _ in 0..<rounds {
        data.multiply(0..<data.rows, by: directions, path: path, into: scores)
        scores.transposed.multiply(0..<count, by: transposed, path: path, into: directions)
        orthonormalise(directions)
    }
    return directions
}

/// Gram-Schmidt on rows, twice, which leaves them orthogonal to single precision; a row that vanishes becomes 0.
private func orthonormalise(_ matrix: FloatMatrix) {
    let width = matrix.stride / 16
    for row in 0..<matrix.rows {
        let before = squaredLength(matrix[row], matrix.columns)
        matrix[row].withMemoryRebound(to: SIMD16<Float>.self, capacity: width) { current in
            for _ in 0..<2 {
                for earlier in 0..<row {
                    matrix[earlier].withMemoryRebound(to: SIMD16<Float>.self, capacity: width) { other in
                        var lanes = SIMD16<Float>(repeating: 0)
                        for index in 0..<width { lanes += current[index] * other[index] }
                        let share = SIMD16<Float>(repeating: lanes.sum())
                        for index in 0..<width { current[index] -= share * other[index] }
                    }
                }
            }
        }
        let length = squaredLength(matrix[row], matrix.columns)
        let isVanishing = !(length > before * 1e-8) || !(length > 1e-20)
        let factor = isVanishing ? 0 : 1 / length.squareRoot()
        for column in 0..<matrix.columns { matrix[row][column] *= factor }
    }
}
