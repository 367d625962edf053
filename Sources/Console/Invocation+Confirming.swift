import Glibc
import Runtime

extension Invocation {
    /// Asks whether to go on with what cannot be undone; ``Flag/yes`` answers before it is asked.
    ///
    /// - Parameter question: what is about to be done, such as `revoke ada`.
    /// - Throws: `UsageError` where nobody can be asked; `CommandFailure` where the answer is not yes.
    package func confirm(_ question: String) throws {
        if has("yes") { return }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw UsageError("\(question): say --yes, as nobody can be asked here")
        }
        terminal.writeRawError(printable(question) + "? [y/N] ")
        guard let answer = readLine()?.lowercased(), answer == "y" || answer == "yes" else {
            throw CommandFailure("nothing was done")
        }
    }
}

extension Flag {
    /// `--yes`, of commands that ask first.
    package static let yes = Flag("yes", short: "y", "Do not ask")
}
