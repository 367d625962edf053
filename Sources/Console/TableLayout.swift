package import Runtime

/// How wide the columns of a table are, so that it fits the terminal; rows that come later keep to it.
package struct TableLayout: Sendable {
    private let columns: [Report.Column]
    private let terminal: Terminal
    /// Of the columns that are shown, by their place in the report.
    private let widths: [(column: Int, width: Int)]

    /// Text columns are not made narrower than this while an optional column can go.
    private static let comfortable = 20
    /// Nor than this while a fixed one is whole.
    private static let narrow = 8
    private static let gap = 2

    /// A layout.
    ///
    /// - Parameters:
    ///   - report: columns and the rows that are known.
    ///   - terminal: how wide it is; elsewhere nothing is cut.
    ///   - minimum: the least width of a text column, of a number half of it, for rows that are still to come.
    package init(_ report: Report, on terminal: Terminal, minimum: Int = 0) {
        let columns = report.columns
        self.columns = columns
        self.terminal = terminal
        var widths = columns.indices.map { index in
            let cells = report.rows.map { displayWidth(columns[index].cell($0[index])) }
            let least = columns[index].isNumeric ? minimum / 2 : minimum
            return (column: index, width: max(displayWidth(columns[index].head), least, cells.max() ?? 0))
        }
        if terminal.columns != nil, minimum == 0, !report.rows.isEmpty {
            // Nothing is said in it: on a terminal its place is better used.
            widths.removeAll { width in
                columns[width.column].isOptional
                    && report.rows.allSatisfy { columns[width.column].cell($0[width.column]) == "-" }
            }
        }
        if let room = terminal.columns { Self.fit(&widths, into: room, columns) }
        self.widths = widths
    }

    private static func fit(
        _ widths: inout [(column: Int, width: Int)],
        into room: Int,
        _ columns: [Report.Column]
    ) {
        func total() -> Int { widths.reduce(0) { $0 + $1.width } + gap * (widths.count - 1) }
        func shrink(to least: Int, evenFixed: Bool = false) {
            while total() > room {
                let flexible = widths.indices.filter { index in
                    let column = columns[widths[index].column]
                    return !column.isNumeric && (evenFixed || !column.isFixed) && widths[index].width > least
                }
                guard let widest = flexible.max(by: { widths[$0].width < widths[$1].width }) else { return }
                widths[widest].width -= 1
            }
        }
        let wanted = widths
        shrink(to: comfortable)
        while total() > room, let last = widths.lastIndex(where: { columns[$0.column].isOptional }) {
            let left = Set(widths.map(\.column)).subtracting([widths[last].column])
            widths = wanted.filter { left.contains($0.column) }
            shrink(to: comfortable)
        }
        shrink(to: narrow)
        shrink(to: 3, evenFixed: true)
    }

    /// The line with the names of the columns.
    package var head: String {
        terminal.styled(line(widths.map { columns[$0.column].head }, []), .bold) + "\n"
    }

    /// The line of a row.
    ///
    /// - Parameter row: one value a column of the report.
    /// - Returns: the line with its end.
    package func line(_ row: [JSONValue]) -> String {
        let cells = widths.map { columns[$0.column].cell(row[$0.column]) }
        let styles = widths.map { columns[$0.column].style?(row[$0.column]) }
        return line(cells, styles) + "\n"
    }

    private func line(_ cells: [String], _ styles: [Terminal.Style?]) -> String {
        var text = ""
        for (index, full) in cells.enumerated() {
            let (column, width) = widths[index]
            let isLast = index == cells.count - 1
            // Of a number nothing is cut: it would be another.
            let isWhole = columns[column].isNumeric || terminal.columns == nil && isLast
            let cell = isWhole ? full : fitted(full, to: max(1, width))
            let space = String(repeating: " ", count: max(0, width - displayWidth(cell)))
            let shown =
                styles.indices.contains(index)
                ? styles[index].map { terminal.styled(cell, $0) } ?? cell : cell
            if index > 0 { text += String(repeating: " ", count: Self.gap) }
            if columns[column].isNumeric {
                text += space + shown
            } else {
                text += isLast ? shown : shown + space
            }
        }
        return text
    }
}
