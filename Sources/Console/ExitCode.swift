/// How the program ends.
package struct ExitCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// It did what was asked.
    package static let ok = ExitCode(rawValue: 0)
    /// It could not.
    package static let error = ExitCode(rawValue: 1)
    /// The command line was not understood.
    package static let usage = ExitCode(rawValue: 2)
}
