/// Why a file that was given cannot be used, with the place to look at.
package struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// The line, from 1; nil when it is about the whole file.
    package let line: Int?
    /// The field or column; nil when it is about the whole line.
    package let field: String?
    /// What is wrong, and what to do about it.
    package let reason: String

    package init(_ path: String, line: Int? = nil, field: String? = nil, _ reason: String) {
        self.path = path
        self.line = line
        self.field = field
        self.reason = reason
    }

    package var description: String {
        [path, line.map { "line \($0)" }, field].compactMap { $0 }.joined(separator: ": ") + ": " + reason
    }
}
