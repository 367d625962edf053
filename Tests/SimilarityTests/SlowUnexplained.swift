import Domain

@testable import Similarity

/// The share of the squared difference that a sub-pixel shift, a blur, brightness and contrast leave, by least squares with
/// one column for each.
func slowUnexplained(_ later: Image, since earlier: Image) -> Double {
    let shape = later.shape
    guard shape.height > 2, shape.width > 2 else { return 1 }
    func value(_ image: Image, _ y: Int, _ x: Int, _ channel: Int) -> Double {
        image.values[(y * shape.width + x) * shape.channels + channel]
    }
    func both(_ y: Int, _ x: Int, _ channel: Int) -> Double {
        value(earlier, y, x, channel) + value(later, y, x, channel)
    }
    var rows: [[Double]] = []
    for channel in 0..<shape.channels {
        for y in 1..<(shape.height - 1) {
            for x in 1..<(shape.width - 1) {
                let (right, left) = (both(y, x + 1, channel), both(y, x - 1, channel))
                let (below, above) = (both(y + 1, x, channel), both(y - 1, x, channel))
                var row = [
                    right - left, below - above, right + left + below + above - 4 * both(y, x, channel),
                ]
                for other in 0..<shape.channels {
                    row += other == channel ? [1, value(earlier, y, x, channel)] : [0, 0]
                }
                rows.append(row + [value(later, y, x, channel) - value(earlier, y, x, channel)])
            }
        }
    }
    let whole = rows.reduce(0) { $0 + ($1.last ?? 0) * ($1.last ?? 0) }
    guard whole > 0 else { return 1 }
    // Gram and Schmidt, twice for the rounding: what each column leaves of the difference.
    var columns = (0..<rows[0].count).map { column in rows.map { $0[column] } }
    for place in columns.indices {
        let size = dot(columns[place], columns[place])
        for _ in 0..<2 {
            for before in 0..<place {
                let pivot = dot(columns[before], columns[before])
                guard pivot > 0 else { continue }
                let factor = dot(columns[before], columns[place]) / pivot
                columns[place] = zip(columns[place], columns[before]).map { $0 - factor * $1 }
            }
        }
        let isLast = place == columns.count - 1
        if !isLast, dot(columns[place], columns[place]) <= 1e-9 * size {
            columns[place] = columns[place].map { _ in 0 }
        }
    }
    let rest = columns[columns.count - 1]
    return min(1, dot(rest, rest) / whole)
}

/// The share of a change that no camera makes, as the detector has it.
func unexplained(_ later: Image, since earlier: Image, metric: SimilarityMetric) -> Double {
    let step = StepMeasure(metric: metric, shape: later.shape, path: .baseline)
    return withContent(of: later) { later in
        withContent(of: earlier) { earlier in step.unexplained(from: earlier, to: later) }
    }
}

private func withContent<Result>(of image: Image, _ body: (StepContent) -> Result) -> Result {
    // A copy that is readable beyond its end.
    (image.pixels + Array(repeating: 0, count: 64)).withUnsafeBufferPointer { pixels in
        guard let base = pixels.baseAddress else { preconditionFailure("an image without pixels") }
        guard let fractions = image.fractions else { return body(StepContent(pixels: base)) }
        return fractions.withUnsafeBufferPointer {
            body(StepContent(pixels: base, fractions: $0.baseAddress))
        }
    }
}

extension Image {
    /// The values in grey levels, as they were sent.
    var values: [Double] {
        pixels.indices.map { Double(pixels[$0]) + Double(fractions?[$0] ?? 0) / 256 }
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
