import Domain

/// Stacked bars of levels, highest first, with a legend.
struct LevelBars {
    /// One bar.
    struct Row {
        let name: String
        let levels: [Level]
        /// Whether it stands for others together.
        var isTotal = false
    }

    let title: String
    let rows: [Row]

    private let left = 164.0
    private let width = 266.0
    private let step = 30.0

    /// The chart.
    var svg: String {
        let bottom = 10 + step * Double(rows.count)
        var text = """
            <svg viewBox="0 0 440 \(Markup.number(bottom + 30))" role="img" aria-label="\(Markup.escaped(title))">\
            <title>\(Markup.escaped(title))</title>\n
            """
        for (index, row) in rows.enumerated() { text += bar(row, at: 10 + step * Double(index)) }
        for (index, level) in Level.allCases.reversed().enumerated() {
            let x = 10 + Double(index) * 84
            text +=
                "<rect class=\"level-\(level)\" x=\"\(Markup.number(x))\" y=\"\(Markup.number(bottom + 10))\" width=\"14\" height=\"14\"/>"
            text +=
                "<text class=\"note\" x=\"\(Markup.number(x + 20))\" y=\"\(Markup.number(bottom + 21))\">\(level)</text>"
        }
        return text + "</svg>\n"
    }

    private func bar(_ row: Row, at y: Double) -> String {
        // A name that is too long is set narrower.
        let fit = row.name.count > 23 ? " textLength=\"150\" lengthAdjust=\"spacingAndGlyphs\"" : ""
        var text =
            "<text\(fit) class=\"name\(row.isTotal ? " total" : "")\" x=\"\(Markup.number(left - 8))\" y=\"\(Markup.number(y + 16))\">\(Markup.escaped(row.name))</text>"
        var x = left
        for level in Level.allCases.reversed() {
            let count = row.levels.count { $0 == level }
            guard count > 0 else { continue }
            let size = width * Double(count) / Double(row.levels.count)
            text +=
                "<rect class=\"level-\(level)\" x=\"\(Markup.number(x))\" y=\"\(Markup.number(y))\" width=\"\(Markup.number(size))\" height=\"22\"><title>\(count) at \(level)</title></rect>"
            if size > 18 {
                text +=
                    "<text class=\"in\(level == .critical ? "" : " dark")\" x=\"\(Markup.number(x + size / 2))\" y=\"\(Markup.number(y + 15))\">\(count)</text>"
            }
            x += size
        }
        return text + "\n"
    }
}
