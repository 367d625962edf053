/// Where a setting was given.
package enum ConfigurationOrigin: Hashable, Sendable, CustomStringConvertible {
    /// A place in a file; line and column count from 1.
    case file(String, line: Int, column: Int)
    case wholeFile(String)
    /// A command line flag, as it was typed but without its value.
    case flag(String)

    package var description: String {
        switch self {
        case .file(let name, let line, let column): "\(name):\(line):\(column)"
        case .wholeFile(let name): name
        case .flag(let flag): flag
        }
    }
}

/// Everything that is wrong with a configuration.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong; its text never shows the value of a secret.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        package let origin: ConfigurationOrigin
        /// The key at fault, such as `similarity.threshold`; empty where no key can be named.
        package let path: String
        /// What is wrong, and what would be right.
        package let message: String

        package var description: String {
            path.isEmpty ? "\(origin): \(message)" : "\(origin): \(path): \(message)"
        }
    }

    /// At least one, in the order of the document.
    package let problems: [Problem]

    /// One problem a line: `FILE:LINE:COLUMN: path: message`.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
