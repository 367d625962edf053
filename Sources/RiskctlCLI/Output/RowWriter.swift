import Console
import Runtime

/// Writes rows as they come: the head once, then each row as soon as it is there.
struct RowWriter {
    private let listing: Listing
    private let terminal: Terminal
    private let format: OutputFormat
    private var layout: TableLayout?

    /// Text columns of a table whose rows are not known yet are at least so wide.
    private static let minimumWidth = 14

    init(_ listing: Listing, on terminal: Terminal, as format: OutputFormat) {
        self.listing = listing
        self.terminal = terminal
        self.format = format
    }

    /// Writes items.
    mutating func write(_ items: [JSONValue]) {
        switch format {
        case .table:
            let layout = layout(items)
            for item in items { terminal.write(layout.line(listing.row(item))) }
        case .csv:
            if layout == nil {
                _ = layout(items, isShown: false)
                terminal.writeData(listing.report([]).csvHead)
            }
            for item in items { terminal.writeData(Report.csvLine(listing.row(item))) }
        // One JSON text a line: an array would have no end.
        case .ndjson, .json: for item in items { terminal.writeJSON(item.text + "\n") }
        case .yaml: for item in items { terminal.write("---\n" + item.yamlText) }
        }
    }

    private mutating func layout(_ items: [JSONValue], isShown: Bool = true) -> TableLayout {
        if let layout { return layout }
        let made = TableLayout(listing.report(items), on: terminal, minimum: Self.minimumWidth)
        layout = made
        if isShown { terminal.write(made.head) }
        return made
    }
}
