import Console
import Runtime

/// Verdicts, a line each.
struct Checklist {
    private let terminal: Terminal
    private(set) var hasFailures = false

    init(_ terminal: Terminal) { self.terminal = terminal }

    func passed(_ subject: String, _ text: String) { write("ok", .green, subject, text) }
    func warned(_ subject: String, _ text: String) { write("warning", .yellow, subject, text) }

    mutating func failed(_ subject: String, _ text: String) {
        hasFailures = true
        write("failed", .red, subject, text)
    }

    private func write(_ verdict: String, _ style: Terminal.Style, _ subject: String, _ text: String) {
        let padding = String(repeating: " ", count: 8 - verdict.count)
        terminal.write(terminal.styled(verdict, style) + padding + printable("\(subject): \(text)") + "\n")
    }
}
