/// A command that could not do its work; the program ends with ``ExitCode/error``.
package struct CommandFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, and what to do about it.
    package let description: String

    /// Says what happened.
    package init(_ description: String) { self.description = description }
}
