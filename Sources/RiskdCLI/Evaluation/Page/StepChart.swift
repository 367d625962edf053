/// Rising curves: what share is reached up to a value of the horizontal axis.
struct StepChart {
    struct Curve {
        let name: String
        /// Points by rising x; y is a share.
        let points: [(x: Double, y: Double)]
    }

    /// How values lie on the horizontal axis.
    enum Axis {
        /// From 0 to an end, labelled in percent.
        case shares(end: Double)
        /// From 1 to an end, in powers of ten and halves of them.
        case counts(end: Double)
    }

    let title: String
    let horizontal: String
    let vertical: String
    let axis: Axis
    let curves: [Curve]
    /// A value of x to compare with.
    var mark: Double?

    private let left = 52.0
    private let top = 14.0
    private let width = 470.0
    private let height = 260.0

    /// The chart, with a legend under it.
    var svg: String {
        let legend = Double((curves.count + 1) / 2) * 20
        let (right, bottom) = (left + width, top + height)
        var text = """
            <svg viewBox="0 0 \(Markup.number(right + 24)) \(Markup.number(bottom + 52 + legend))" role="img" \
            aria-label="\(Markup.escaped(title))"><title>\(Markup.escaped(title))</title>\n
            """
        for tick in 0...4 {
            let y = Markup.number(bottom - height * Double(tick) / 4)
            text +=
                "<line class=\"grid\" x1=\"\(Markup.number(left))\" x2=\"\(Markup.number(right))\" y1=\"\(y)\" y2=\"\(y)\"/>"
            text +=
                "<text class=\"side\" x=\"\(Markup.number(left - 6))\" y=\"\(y)\" dy=\"4\">\(tick * 25) %</text>\n"
        }
        for (value, label) in ticks {
            let x = Markup.number(place(value))
            text +=
                "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Markup.number(top))\" y2=\"\(Markup.number(bottom))\"/>"
            text += "<text class=\"tick\" x=\"\(x)\" y=\"\(Markup.number(bottom + 16))\">\(label)</text>\n"
        }
        if let mark {
            let x = Markup.number(place(mark))
            text +=
                "<line class=\"target\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Markup.number(top))\" y2=\"\(Markup.number(bottom))\"/>\n"
        }
        for (index, curve) in curves.enumerated() {
            text += "<path class=\"line c\(index % 8)\" d=\"\(path(curve))\"/>\n"
        }
        text +=
            "<text class=\"axis\" x=\"\(Markup.number(left + width / 2))\" y=\"\(Markup.number(bottom + 36))\">\(Markup.escaped(horizontal))</text>\n"
        for (index, curve) in curves.enumerated() {
            let x = left + Double(index % 2) * width / 2
            let y = bottom + 56 + Double(index / 2) * 20
            text +=
                "<path class=\"line c\(index % 8)\" d=\"M\(Markup.number(x)) \(Markup.number(y - 4))h22\"/>"
            text +=
                "<text class=\"note\" x=\"\(Markup.number(x + 28))\" y=\"\(Markup.number(y))\">\(Markup.escaped(curve.name))</text>\n"
        }
        return text + "</svg>\n"
    }

    private var ticks: [(Double, String)] {
        switch axis {
        case .shares(let end):
            return (0...5).map { (end * Double($0) / 5, Markup.percent(end * Double($0) / 5)) }
        case .counts(let end):
            var (ticks, value): ([(Double, String)], Double) = ([], 1)
            while value <= end {
                for factor in [1.0, 2, 5] where value * factor <= end {
                    ticks.append((value * factor, Markup.number(value * factor)))
                }
                value *= 10
            }
            return ticks
        }
    }

    private func place(_ value: Double) -> Double {
        switch axis {
        case .shares(let end): left + width * min(1, value / end)
        case .counts(let end): left + width * min(1, logarithm(value) / max(0.1, logarithm(end)))
        }
    }

    private func path(_ curve: Curve) -> String {
        var text = ""
        var last = 0.0
        let bottom = top + height
        for point in curve.points {
            let (x, y) = (Markup.number(place(point.x)), Markup.number(bottom - height * point.y))
            // A step: what is reached at x was not before.
            text += text.isEmpty ? "M\(x) \(Markup.number(bottom - height * last))V\(y)" : "H\(x)V\(y)"
            last = point.y
        }
        return text.isEmpty ? "" : text + "H\(Markup.number(left + width))"
    }

    /// The binary logarithm; good enough to draw by.
    private func logarithm(_ value: Double) -> Double {
        let clamped = max(1, value)
        return Double(clamped.exponent) + (clamped.significand - 1) * (4 - clamped.significand) / 2
    }
}
