internal import CSimilarity
internal import Domain

/// Makes scenes of the images of one shape, and registers them to each other (`docs/detectors.md`).
///
/// Unchecked: written by its initialiser only.
final class ScenePlan: @unchecked Sendable {
    /// Bytes of a scene: 16 x 16 floats, grey levels 0 … 255.
    static let sceneBytes = Int(SIMILARITY_SCENE_CELLS) * MemoryLayout<Float>.size

    private let shape: ImageShape
    private let path: KernelPath
    private let raw: UnsafeMutablePointer<similarity_scene_plan>

    init(shape: ImageShape, path: KernelPath) {
        self.shape = shape
        self.path = path
        raw = .allocate(capacity: 1)
        raw.initialize(to: similarity_scene_plan())
        similarity_scene_plan_make(raw, Int32(shape.height), Int32(shape.width), Int32(shape.channels))
    }

    deinit { raw.deallocate() }

    /// The root mean square distance of an image's points from its centre, weighted, in cells.
    var radius: Double { raw.pointee.radius }

    /// Writes the scene of an image's `pixels`.
    func writeScene(of pixels: UnsafePointer<UInt8>, to scene: UnsafeMutablePointer<Float>) {
        let room = shape.width * (3 + shape.channels) / 2
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: room) { scratch in
            guard let scratch = scratch.baseAddress else { return }
            similarity_scene(raw, pixels, scene, scratch)
        }
    }

    /// Lends a function that finds how other scenes have to move to show what `scene` shows; nil where none was found.
    func withRegistration<Result>(
        to scene: UnsafePointer<Float>,
        _ body: ((UnsafePointer<Float>) -> SceneMotion?) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: similarity_scene_query.self, capacity: 1) { query in
            guard let query = query.baseAddress else { return body { _ in nil } }
            similarity_scene_query_make(path.rawValue, raw, scene, query)
            return body { other in
                var motion = similarity_scene_motion()
                similarity_scene_register(path.rawValue, raw, query, other, &motion)
                guard motion.residual < SceneMotion.mostResidual else { return nil }
                return SceneMotion(motion, radius: radius)
            }
        }
    }
}
