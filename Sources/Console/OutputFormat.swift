/// How rows are written.
package enum OutputFormat: String, Hashable, Sendable, CaseIterable {
    /// Aligned columns for people.
    case table
    /// One JSON array.
    case json
    /// One JSON object a line.
    case ndjson
    /// RFC 4180, with a header.
    case csv
    /// A YAML sequence.
    case yaml

    /// `--output`, for commands that print rows.
    package static let flag = Flag(
        "output",
        short: "o",
        "How rows are printed; table unless given",
        choices: allCases.map(\.rawValue)
    )
}
