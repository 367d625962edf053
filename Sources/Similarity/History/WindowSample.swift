internal import CSimilarity

/// Windows of some images, to see which means and variances are common.
struct WindowSample {
    private static let size = 2048
    private static let candidates = 256

    private let plan: similarity_plan
    private let sums: [(mean: Double, variance: Double)]

    /// Takes windows here and there, always the same.
    init(_ images: PixelBuffer, count: Int, plan: similarity_plan) {
        self.plan = plan
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func number(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        sums = (0..<Self.size).map { index in
            let row = number(below: Int(plan.window_rows))
            let column = number(below: Int(plan.window_values))
            return Self.sums(images[index % max(count, 1)], row, column, plan)
        }
    }

    private static func sums(
        _ image: UnsafePointer<UInt8>,
        _ row: Int,
        _ column: Int,
        _ plan: similarity_plan
    ) -> (mean: Double, variance: Double) {
        let window = Int(plan.window)
        let weights = withUnsafeBytes(of: plan.weights) { Array($0.bindMemory(to: Double.self)) }
        let share = plan.gaussian == 0 ? [Double](repeating: 1 / Double(window), count: window) : weights
        var (mean, square) = (0.0, 0.0)
        for down in 0..<window {
            for across in 0..<window {
                let place = (row + down) * Int(plan.row_values) + column + across * Int(plan.channels)
                let (value, weight) = (Double(image[place]), share[down] * share[across])
                mean += weight * value
                square += weight * value * value
            }
        }
        return (mean, max(0, square - mean * mean))
    }

    /// Windows whose vectors span the most of all windows' vectors, one after another.
    ///
    /// - Parameters:
    ///   - count: how many; fewer come back where windows are all alike.
    ///   - c2: the constant of S2.
    /// - Returns: at least one.
    func centres(_ count: Int, c2: Double) -> [WindowPoint] {
        let points = sums.map { WindowPoint(mean: $0.mean, energy: $0.variance + c2 / 2) }
        var rest = points.prefix(Self.candidates).map { one in points.map { one.similarity(to: $0) } }
        var centres: [WindowPoint] = []
        while centres.count < count {
            var best: (gain: Double, index: Int)?
            for index in rest.indices where rest[index][index] > 1e-3 {
                let gain = rest[index].reduce(0) { $0 + $1 * $1 } / rest[index][index]
                if gain > best?.gain ?? 0 { best = (gain, index) }
            }
            guard let chosen = best?.index else { break }
            centres.append(points[chosen])
            let (row, own) = (rest[chosen], rest[chosen][chosen])
            for index in rest.indices {
                let share = rest[index][chosen] / own
                for place in row.indices { rest[index][place] -= share * row[place] }
            }
        }
        return centres
    }
}
