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

    /// How independent positions are of those before them: half of von Neumann's ratio of mean squared successive
    /// difference to variance (Annals of Mathematical Statistics 12, 1941), not more than 1; 0 for a single place.
    ///
    /// - Parameter places: in order of time.
    /// - Returns: 0 … 1.
    static func independence(of places: [SIMD4<Double>]) -> Double {
        guard let first = places.first else { return 0 }
        var sum = SIMD4<Double>()
        var steps = 0.0
        var last = first
        for place in places {
            sum += place
            steps += squaredLength(place - last)
            last = place
        }
        let mean = sum / Double(places.count)
        let spread = places.reduce(0.0) { $0 + squaredLength($1 - mean) }
        return spread > 0 ? min(1, steps / spread / 2) : 0
    }
}

/// In a fixed order of summation.
private func squaredLength(_ vector: SIMD4<Double>) -> Double {
    let squares = vector * vector
    return (squares[0] + squares[1]) + (squares[2] + squares[3])
}
