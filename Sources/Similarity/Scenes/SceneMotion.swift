internal import CSimilarity

/// How one scene has to move to show what another shows, in cells: a sixteenth of an image's longer side.
struct SceneMotion: Hashable {
    /// Scenes match when this share of the variance is left at most.
    static let mostResidual = 0.03
    /// Smaller motions (root mean square over the image) are none.
    static let leastMotion = 0.3

    /// Shift across, shift down, change of size and turn; the last two as their root mean square over the image, so that
    /// the squared length is the motion's mean square.
    let vector: SIMD4<Double>
    /// The share of the query's variance that is left.
    let residual: Double

    init(_ motion: similarity_scene_motion, radius: Double) {
        vector = SIMD4(
            motion.shift_u,
            motion.shift_v,
            (motion.scale_re - 1) * radius,
            motion.scale_im * radius
        )
        residual = motion.residual
    }

    var isMoved: Bool { squaredLength(vector) > Self.leastMotion * Self.leastMotion }

    /// How independent motions are of those before them: half of von Neumann's ratio of mean squared successive difference
    /// to variance (Annals of Mathematical Statistics 12, 1941), not more than 1; 0 for a single place.
    ///
    /// Each difference is weighed by one over the square of the images between: a camera that swings is elsewhere after five
    /// frames and near after one, while chance is as far after one as after five. Without the weights, whoever films
    /// faster than the motion can be followed would look like chance.
    ///
    /// - Parameter places: in order of time, each with how many of the user's images ago it was.
    /// - Returns: 0 … 1.
    static func independence(of places: [(vector: SIMD4<Double>, age: Int)]) -> Double {
        guard places.count > 1 else { return 0 }
        let mean = places.reduce(SIMD4<Double>()) { $0 + $1.vector } / Double(places.count)
        let variance =
            places.reduce(0.0) { $0 + squaredLength($1.vector - mean) } / Double(places.count - 1)
        var steps = 0.0
        var weights = 0.0
        for (one, other) in zip(places, places.dropFirst()) {
            let images = Double(one.age - other.age)
            steps += squaredLength(other.vector - one.vector) / (images * images)
            weights += 1 / (images * images)
        }
        return variance > 0 ? min(1, steps / weights / variance / 2) : 0
    }
}

/// In a fixed order of summation.
private func squaredLength(_ vector: SIMD4<Double>) -> Double {
    let squares = vector * vector
    return (squares[0] + squares[1]) + (squares[2] + squares[3])
}
