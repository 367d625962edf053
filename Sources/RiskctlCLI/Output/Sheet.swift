import Console
import Runtime

/// A page about one thing: a headline, facts with their names, and tables.
struct Sheet {
    private enum Part {
        case line(String, Terminal.Style?)
        case fact(String, String)
        case table(String, Report)
    }

    private var parts: [Part] = []

    /// A line of its own.
    mutating func line(_ text: String, _ style: Terminal.Style? = nil) { parts.append(.line(text, style)) }

    /// A fact; none where there is nothing to say.
    mutating func fact(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        parts.append(.fact(name, value))
    }

    /// A table under a title; none where there are no rows.
    mutating func table(_ title: String, _ report: Report) {
        if !report.rows.isEmpty { parts.append(.table(title, report)) }
    }

    /// A table of items under a title.
    mutating func table(_ title: String, _ fields: [Field], _ items: [JSONValue]) {
        var report = Report(fields.map(\.column))
        for item in items { report.append(fields.map { $0.value(item) }) }
        table(title, report)
    }

    /// Writes the page; what came from outside is escaped.
    func write(to terminal: Terminal) {
        let names = parts.compactMap { if case .fact(let name, _) = $0 { displayWidth(name) } else { nil } }
        let indent = (names.max() ?? 0) + 2
        for part in parts {
            switch part {
            case .line(let text, let style):
                let text = printable(text)
                terminal.write((style.map { terminal.styled(text, $0) } ?? text) + "\n")
            case .fact(let name, let value):
                let space = String(repeating: " ", count: indent - displayWidth(name))
                terminal.write(terminal.styled(name, .dim) + space + lines(value, indent, terminal) + "\n")
            case .table(let title, let report):
                terminal.write("\n" + terminal.styled(title, .bold) + "\n")
                report.write(to: terminal, as: .table)
            }
        }
    }

    /// A value, on a terminal in as many lines as it takes, each below the first.
    private func lines(_ value: String, _ indent: Int, _ terminal: Terminal) -> String {
        let text = printable(value)
        guard let columns = terminal.columns, columns > indent + 20, displayWidth(text) > columns - indent
        else { return text }
        return wrapped(text, width: columns - indent).joined(
            separator: "\n" + String(repeating: " ", count: indent)
        )
    }
}
