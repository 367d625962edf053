/// Why riskd cannot start, in words that say what to do.
package struct StartupError: Error, Hashable, CustomStringConvertible {
    package let description: String

    /// An error.
    ///
    /// - Parameter description: what is wrong and what to do, without secrets.
    package init(_ description: String) { self.description = description }
}
