/// Horizontal bars of shares, each with its interval.
struct BarChart {
    struct Bar {
        let name: String
        let share: Double
        let interval: ClosedRange<Double>
        /// What stands at its end.
        let note: String
        /// Whether it stands for others together.
        var isTotal = false
    }

    let title: String
    let bars: [Bar]
    /// The share at the right end; above 0.
    let end: Double
    /// The CSS class of the bars: `bad` or `good`.
    let style: String
    /// A line to compare with.
    var target: Double?

    private let left = 150.0
    private let width = 270.0
    private let right = 140.0
    private let step = 26.0

    /// The chart.
    var svg: String {
        let height = 34 + step * Double(bars.count) + 26
        let total = left + width + right
        var text = """
            <svg viewBox="0 0 \(Markup.number(total)) \(Markup.number(height))" role="img" \
            aria-label="\(Markup.escaped(title))"><title>\(Markup.escaped(title))</title>\n
            """
        let bottom = 20 + step * Double(bars.count)
        for tick in 0...4 {
            let share = end * Double(tick) / 4
            let x = Markup.number(place(share))
            text += "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"14\" y2=\"\(Markup.number(bottom))\"/>"
            text +=
                "<text class=\"tick\" x=\"\(x)\" y=\"\(Markup.number(bottom + 16))\">\(Markup.percent(share))</text>\n"
        }
        for (index, bar) in bars.enumerated() { text += row(bar, at: 20 + step * Double(index)) }
        if let target {
            let x = Markup.number(place(target))
            text +=
                "<line class=\"target\" x1=\"\(x)\" x2=\"\(x)\" y1=\"10\" y2=\"\(Markup.number(bottom))\"/>"
            text += "<text class=\"tick\" x=\"\(x)\" y=\"8\">\(Markup.percent(target))</text>\n"
        }
        return text + "</svg>\n"
    }

    private func row(_ bar: Bar, at y: Double) -> String {
        let middle = y + step / 2
        let (low, high) = (place(bar.interval.lowerBound), place(bar.interval.upperBound))
        let name =
            "<text class=\"name\(bar.isTotal ? " total" : "")\" x=\"\(Markup.number(left - 8))\" y=\"\(Markup.number(middle + 4))\">\(Markup.escaped(bar.name))</text>"
        let rectangle = """
            <rect class="\(style)\(bar.isTotal ? " total" : "")" x="\(Markup.number(left))" \
            y="\(Markup.number(y + 5))" width="\(Markup.number(max(0, place(bar.share) - left)))" \
            height="\(Markup.number(step - 10))"/>
            """
        let whisker = """
            <path class="whisker" d="M\(Markup.number(low)) \(Markup.number(middle))H\(Markup.number(high))\
            M\(Markup.number(low)) \(Markup.number(middle - 4))v8M\(Markup.number(high)) \(Markup.number(middle - 4))v8"/>
            """
        let note =
            "<text class=\"note\" x=\"\(Markup.number(left + width + 10))\" y=\"\(Markup.number(middle + 4))\">\(Markup.escaped(bar.note))</text>"
        return name + rectangle + whisker + note + "\n"
    }

    private func place(_ share: Double) -> Double { left + width * min(1, max(0, share / end)) }
}
