internal import CSimilarity
internal import Domain

/// Numbers of an image, region by region, whose squared distances are never more than twice the images' distance.
///
/// For squared differences they are the pixels. For SSIM, a window w of mean m and variance v has S1 S2 = ⟨Φ(w), Φ(w')⟩
/// with unit vectors Φ: with a = v + C2 / 2 and b = m² + C1 / 2, S2 = ⟨(x - m, √(C2 / 2)) / √a, …⟩ sech((ln a - ln a') / 2)
/// and S1 likewise of (m, √(C1 / 2)) / √b; sech is a positive-semidefinite kernel, so Φ is a tensor product. A mean over
/// windows and channels is again such a product, so 2 (1 - SSIM) = |Φ(x) - Φ(y)|². Features are orthogonal projections
/// of Φ:
/// 1. Of the part that depends on m and v only, on a few *planes*: the span of that part at chosen centres.
/// 2. Of a window's pixels, on polynomials of low degree, orthonormal under the window's weights, and on √(C2 / 2).
/// 3. Of the windows of a block, on what they have in common: their sum / √count.
///
/// As all Φ(w) are unit vectors, the length of what a region's features leave of Φ is known, too.
struct SignatureFeatures: Sendable {
    /// Floating point moves the features of an image by less than this in all; by 1e-4 where all is flat and bright.
    static let slack = 0.001

    private let plan: similarity_feature_plan
    private let path: KernelPath
    /// Each region's part of |Φ|² = 1; none where features leave nothing.
    private let shares: [Float]

    /// Regions of an image.
    var regions: Int { Int(plan.regions) }
    /// Numbers of a region, padded with zeros.
    var stride: Int { Int(plan.stride) }

    /// - Parameters:
    ///   - sample: images that tell which means and variances are common.
    ///   - count: how many there are.
    ///   - kernel: the distance that features bound.
    init(sample: PixelBuffer, count: Int, kernel: PairKernel) {
        path = kernel.path
        var plan = Self.emptyPlan(kernel)
        let planes = Int(plan.planes)
        if planes > 0 {
            let windows = WindowSample(sample, count: count, plan: kernel.plan)
            let centres = windows.centres(planes, c2: Double(plan.c2))
            Self.set(centres, in: &plan)
        }
        self.plan = plan
        shares = planes > 0 ? Self.shares(of: plan) : []
    }

    /// - Parameters:
    ///   - centres: what ``centres`` of other features said.
    ///   - kernel: the distance that features bound, and that those bounded.
    init?(centres: [Float], kernel: PairKernel) {
        path = kernel.path
        var plan = Self.emptyPlan(kernel)
        let planes = Int(plan.planes)
        guard centres.count == (planes == 0 ? 0 : Self.centreCount), centres.allSatisfy(\.isFinite) else {
            return nil
        }
        if planes > 0 {
            guard let count = Int32(exactly: centres[0]), 1...plan.planes ~= count else { return nil }
            plan.planes = count
        }
        Self.forEachCentre(in: &plan) { place, value in value = centres[1 + place] }
        self.plan = plan
        shares = planes > 0 ? Self.shares(of: plan) : []
    }

    /// What features with other values for are others: window, weights, planes.
    static func kind(_ kernel: PairKernel) -> Int64 {
        let plan = emptyPlan(kernel)
        return Int64(plan.plan.window) << 16 | Int64(plan.plan.gaussian) << 8 | Int64(plan.planes)
    }

    /// All numbers that were taken from a sample; none where features are pixels.
    var centres: [Float] {
        guard plan.planes > 0 else { return [] }
        var (plan, centres) = (plan, [Float](repeating: 0, count: Self.centreCount))
        centres[0] = Float(plan.planes)
        Self.forEachCentre(in: &plan) { place, value in centres[1 + place] = value }
        return centres
    }

    /// How many planes there are, and the numbers of as many as there may be.
    private static let centreCount = 1 + Int(SIMILARITY_PLANES) * (3 + Int(SIMILARITY_PLANES))

    private static func forEachCentre(
        in plan: inout similarity_feature_plan,
        _ body: (Int, inout Float) -> Void
    ) {
        guard plan.planes > 0 else { return }
        var place = 0
        func visit<Array>(_ array: inout Array) {
            withUnsafeMutableBytes(of: &array) { bytes in
                bytes.withMemoryRebound(to: Float.self) { values in
                    for index in values.indices {
                        body(place, &values[index])
                        place += 1
                    }
                }
            }
        }
        visit(&plan.means)
        visit(&plan.energies)
        visit(&plan.roots)
        visit(&plan.inverse)
    }

    /// A plan without centres.
    private static func emptyPlan(_ kernel: PairKernel) -> similarity_feature_plan {
        var (plan, pair) = (similarity_feature_plan(), kernel.plan)
        let planes = kernel.metric == .ssim ? (kernel.shape.channels == 1 ? 5 : 2) : 0
        similarity_feature_plan_make(&plan, &pair, Int32(planes))
        return plan
    }

    /// What the features of squared length `square` leave of a region's part of Φ: its length, to which a little was added
    /// so that it moves little where rounding moves `square`.
    func remainder(of region: Int, without square: Float) -> Float {
        guard !shares.isEmpty else { return 0 }
        let share = shares[region]
        return (max(0, share - square) + share / 100).squareRoot()
    }

    /// Of all windows, those of each region: 4 x 4 blocks.
    private static func shares(of plan: similarity_feature_plan) -> [Float] {
        let (rows, columns) = (Int(plan.plan.window_rows), Int(plan.plan.window_values / plan.plan.channels))
        func lengths(_ count: Int, _ blocks: Int) -> [Int] {
            Swift.stride(from: 0, to: blocks, by: 4).map { first in
                count * min(first + 4, blocks) / blocks - count * first / blocks
            }
        }
        let heights = lengths(rows, Int(plan.block_rows)), widths = lengths(columns, Int(plan.block_columns))
        return heights.flatMap { height in widths.map { Float(height * $0) / Float(rows * columns) } }
    }

    /// Writes the features of `image`, `regions` times `stride` numbers; padding stays what it is, 0 where memory was
    /// cleared at first.
    func write(_ image: UnsafePointer<UInt8>, to out: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: plan) { plan in
            let size = max(similarity_feature_scratch_bytes(plan), 64)
            withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { scratch in
                similarity_features(path.rawValue, plan, image, out, scratch.baseAddress)
            }
        }
    }

    /// Sets the planes' centres and the inverse of their Gram matrix's Cholesky factor.
    private static func set(_ centres: [WindowPoint], in plan: inout similarity_feature_plan) {
        let count = centres.count
        plan.planes = Int32(count)
        var lower = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        for row in 0..<count {
            for column in 0...row {
                var sum = centres[row].similarity(to: centres[column])
                if row == column { sum += 1e-6 }
                for k in 0..<column { sum -= lower[row][k] * lower[column][k] }
                lower[row][column] =
                    row == column ? max(sum, 1e-6).squareRoot() : sum / lower[column][column]
            }
        }
        let windows = Double(plan.plan.window_rows * plan.plan.window_values)
        for column in 0..<count {
            var solved = [Double](repeating: 0, count: count)
            for row in column..<count {
                var sum = row == column ? 1.0 : 0.0
                for k in column..<row { sum -= lower[row][k] * solved[k] }
                solved[row] = sum / lower[row][row]
                setElement(
                    &plan.inverse,
                    row * Int(SIMILARITY_PLANES) + column,
                    solved[row] / windows.squareRoot()
                )
            }
        }
        for (index, centre) in centres.enumerated() {
            setElement(&plan.means, index, centre.mean)
            setElement(&plan.energies, index, centre.energy)
            setElement(&plan.roots, index, 2 * centre.energy.squareRoot())
        }
    }

    /// Sets a number of an array of C, which Swift sees as a tuple.
    private static func setElement<Array>(_ array: inout Array, _ index: Int, _ value: Double) {
        withUnsafeMutableBytes(of: &array) {
            $0.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
        }
    }
}

/// What of a window decides how alike its and another's vectors are before their pixels are looked at.
struct WindowPoint {
    /// Of its pixels, 0 … 255.
    let mean: Double
    /// Their variance + C2 / 2.
    let energy: Double

    /// S1 sech((ln a - ln a') / 2).
    func similarity(to other: WindowPoint) -> Double {
        let luminance =
            (2 * mean * other.mean + 6.5025) / (mean * mean + other.mean * other.mean + 6.5025)
        return luminance * 2 * (energy * other.energy).squareRoot() / (energy + other.energy)
    }
}
