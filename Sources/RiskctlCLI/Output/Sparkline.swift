import Domain
import Runtime

/// A series as a line of block characters.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")

    /// A line of a spark of the API; steps without samples are blank.
    ///
    /// - Parameters:
    ///   - spark: a `Spark`.
    ///   - thresholds: nothing depends on it but whether there is a scale; may be null.
    ///   - width: the most characters, the newest counting.
    /// - Returns: the line; nil where there is nothing to draw.
    static func bars(_ spark: JSONValue, thresholds: JSONValue = .null, width: Int = 60) -> String? {
        guard let step = spark["step_seconds"].integer, step > 0 else { return nil }
        let points: [(slot: Int64, score: Double)] = spark["points"].elements.compactMap { point in
            guard let time = point["time"].string.flatMap({ Timestamp(rfc3339: $0) }),
                let score = point["score"].double
            else { return nil }
            return (time.milliseconds / (step * 1000), score)
        }
        guard let last = points.last?.slot, let first = points.first?.slot else { return nil }
        let begin = max(first, last - Int64(width) + 1)
        var line = Array(repeating: Character(" "), count: Int(last - begin + 1))
        for point in points where point.slot >= begin { line[Int(point.slot - begin)] = block(point.score) }
        return String(line)
    }

    /// The block of a score, 0 … 100.
    static func block(_ score: Double) -> Character {
        blocks[min(blocks.count - 1, max(0, Int(score / 100 * Double(blocks.count))))]
    }
}
