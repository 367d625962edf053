import Domain

@testable import Similarity

/// What the user's recent images say of a query, from the definitions: one pair after the other, nothing kept.
///
/// - Parameters:
///   - query: the query.
///   - earlier: the images of its shape in the window, of all users, oldest first.
/// - Returns: the finding.
func slowJitter(_ query: SimilarityInput, in earlier: [SimilarityInput]) -> JitterFinding {
    let shape = query.image.shape
    let plan = ScenePlan(shape: shape, path: .baseline)
    let own = scene(of: query.image, by: plan)
    let recent = earlier.suffix(8192).filter { $0.user == query.user }.suffix(128)
        .filter { abs($0.time.milliseconds - query.time.milliseconds) <= 3_600_000 }
    let scenes = recent.map { scene(of: $0.image, by: plan) }
    let motions = scenes.enumerated().compactMap { index, other in
        plan.withRegistration(to: own) { $0(other) }.map { (motion: $0, age: scenes.count - index) }
    }.suffix(32)
    guard !scenes.contains(own) else {
        return JitterFinding(matches: motions.count, moved: 0, independence: 0)
    }
    // Speeds for differences, images for time, and the differences of all pairs for the variance.
    let places = motions.map { motion in (0..<4).map { motion.motion.vector[$0] } } + [[0, 0, 0, 0]]
    let ages = motions.map(\.age) + [0]
    let rates = zip(ages, ages.dropFirst()).map { 1 / Double($0 - $1) }
    let speeds = zip(zip(places, places.dropFirst()), rates).map { square($0.0, $0.1) * $1 * $1 }
    let spread = places.reduce(0.0) { sum, place in
        sum + places.reduce(0) { $0 + square(place, $1) }
    }
    let variance = spread / Double(2 * places.count * (places.count - 1))
    let usual = speeds.reduce(0, +) / rates.reduce(0) { $0 + $1 * $1 }
    let moved = places.dropLast().count { square($0, [0, 0, 0, 0]) > 0.09 }
    return JitterFinding(
        matches: motions.count,
        moved: moved,
        independence: variance > 0 ? min(1, usual / variance / 2) : 0
    )
}

private func square(_ one: [Double], _ other: [Double]) -> Double {
    zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
}

/// The scene of an image as numbers.
func scene(of image: Image, by plan: ScenePlan) -> [Float] {
    [Float](unsafeUninitializedCapacity: 256) { buffer, count in
        if let base = buffer.baseAddress { plan.writeScene(of: image.pixels, to: base) }
        count = 256
    }
}
