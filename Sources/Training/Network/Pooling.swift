/// The largest or the mean of each window of a plane.
package struct Pooling: Hashable, Sendable {
    /// What is taken of a window.
    package enum Kind: Hashable, Sendable {
        /// Its largest number; padding does not count.
        case largest
        /// The mean of its places; padding counts as zeros.
        case mean
    }

    /// What is taken of a window.
    package let kind: Kind
    /// How the window moves down.
    package let rows: WindowAxis
    /// How the window moves to the right.
    package let columns: WindowAxis
    /// Planes, each by itself.
    package let planes: Int

    /// A pooling.
    package init(_ kind: Kind, rows: WindowAxis, columns: WindowAxis, planes: Int) {
        self.kind = kind
        self.rows = rows
        self.columns = columns
        self.planes = planes
    }

    var inputCount: Int { planes * rows.size * columns.size }
    var outputCount: Int { planes * rows.outputs * columns.outputs }

    /// Writes `outputCount` numbers for one input.
    func forward(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
        forEachWindow { output, start, lines, places in
            switch kind {
            case .largest:
                y[output] = -.infinity
                for line in lines {
                    for place in places { y[output] = max(y[output], x[start + line * columns.size + place]) }
                }
            case .mean:
                var sum: Float = 0
                for line in lines { for place in places { sum += x[start + line * columns.size + place] } }
                y[output] = sum / Float(rows.window * columns.window)
            }
        }
    }

    /// Writes the loss's slope by each input, given that by each output.
    func backward(
        _ x: UnsafePointer<Float>,
        _ y: UnsafePointer<Float>,
        _ dy: UnsafePointer<Float>,
        _ dx: UnsafeMutablePointer<Float>
    ) {
        dx.update(repeating: 0, count: inputCount)
        forEachWindow { output, start, lines, places in
            switch kind {
            case .largest:
                // The first of several equal ones has all of it.
                for line in lines {
                    for place in places where x[start + line * columns.size + place] == y[output] {
                        dx[start + line * columns.size + place] += dy[output]
                        return
                    }
                }
            case .mean:
                let share = dy[output] / Float(rows.window * columns.window)
                for line in lines { for place in places { dx[start + line * columns.size + place] += share } }
            }
        }
    }

    /// Calls `body` with each output's place, its plane's start, and the lines and columns of its window inside.
    private func forEachWindow(_ body: (Int, Int, Range<Int>, Range<Int>) -> Void) {
        var output = 0
        for plane in 0..<planes {
            for y in 0..<rows.outputs {
                let lines = Self.inside(rows, y)
                for x in 0..<columns.outputs {
                    body(output, plane * rows.size * columns.size, lines, Self.inside(columns, x))
                    output += 1
                }
            }
        }
    }

    private static func inside(_ axis: WindowAxis, _ output: Int) -> Range<Int> {
        let start = output * axis.stride - axis.before
        return min(max(0, start), axis.size)..<max(0, min(axis.size, start + axis.window))
    }
}
