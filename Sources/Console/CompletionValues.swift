/// What an argument or a flag's value can be, as far as a shell can complete it.
package enum CompletionValues: Sendable {
    /// Paths, which the shell knows.
    case files
    /// Anything.
    case nothing
    /// One of these.
    case words([String])
    /// What somebody must be asked for, such as ids; asked with the words of the command line that were understood.
    case asked(@Sendable (Invocation) async -> [String])
}
