import Glibc

/// Lines on standard error, in logfmt with the systemd priority prefix where a journal reads them.
package struct Log: Sendable {
    /// How urgent a line is; raw values are syslog's.
    package enum Priority: Int, Sendable, Comparable {
        case error = 3
        case warning = 4
        case notice = 5
        case info = 6
        case debug = 7

        package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    /// Lines less urgent than this are not written.
    package var threshold: Priority
    private let hasJournal: Bool
    private let sink: @Sendable (String) -> Void

    /// A log.
    ///
    /// - Parameters:
    ///   - threshold: the least urgent priority that is written.
    ///   - sink: where lines go; standard error unless a test says otherwise.
    package init(threshold: Priority = .info, sink: (@Sendable (String) -> Void)? = nil) {
        self.threshold = threshold
        hasJournal = getenv("JOURNAL_STREAM") != nil
        self.sink = sink ?? { line in writeAll(line + "\n", to: STDERR_FILENO) }
    }

    /// Writes one line: a sentence, then `key=value` pairs; control characters are escaped.
    ///
    /// - Parameters:
    ///   - priority: how urgent it is.
    ///   - message: the sentence, which names no secret.
    ///   - fields: pairs, in the order in which they are printed.
    package func write(_ priority: Priority, _ message: String, _ fields: KeyValuePairs<String, String> = [:])
    {
        guard priority <= threshold else { return }
        var line = hasJournal ? "<\(priority.rawValue)>" : "\(priority): "
        line += printable(message)
        for (key, value) in fields {
            // By scalars: with a combining mark behind it a quote or a space is another `Character`.
            let needsQuotes =
                value.isEmpty || value.unicodeScalars.contains { " \"=".unicodeScalars.contains($0) }
            line += " \(key)=" + (needsQuotes ? "\"\(printable(value.escapingQuotes))\"" : printable(value))
        }
        sink(line)
    }
}

/// Writes all of `text`, whatever a short write or a signal does; a closed reader ends it silently.
///
/// - Parameters:
///   - text: what to write.
///   - descriptor: where to.
/// - Returns: whether all of it was written.
@discardableResult
package func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}

extension String {
    /// With a backslash before each quote and backslash.
    fileprivate var escapingQuotes: String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }
}
