/// A command line that was not understood; the program ends with ``ExitCode/usage``.
package struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, without a period.
    package let description: String

    /// Says what is wrong.
    package init(_ description: String) { self.description = description }
}
