/// A former spelling of a command, and where it went.
package struct Moved: Hashable, Sendable {
    /// The words by which it was called, such as `["audit", "grants"]`; what followed them does not matter.
    package let path: [String]
    /// What to type instead.
    package let destination: String

    /// A former spelling.
    ///
    /// - Parameters:
    ///   - path: the words by which it was called.
    ///   - destination: what to type instead.
    package init(_ path: String..., to destination: String) {
        self.path = path
        self.destination = destination
    }
}

extension [Moved] {
    /// The longest spelling that a command line begins with; nil: none.
    func meant(by arguments: [String]) -> Moved? {
        filter { arguments.starts(with: $0.path) }.max { $0.path.count < $1.path.count }
    }
}
