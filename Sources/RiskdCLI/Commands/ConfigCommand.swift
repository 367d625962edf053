import Configuration
import Console

extension Command {
    /// `riskd config`: the reference of keys, or a check of a file.
    static let config = Command(
        "config",
        "Print every configuration key with its default, or check a configuration file",
        discussion: """
            Without FILE the reference is printed; it is itself a valid configuration file. With FILE every problem of \
            the file is listed as FILE:LINE:COLUMN: KEY: MESSAGE.
            """,
        arguments: [Argument("FILE", "The file to check", count: 0...1)],
        flags: [.set]
    ) { invocation in
        guard let file = invocation.arguments.first else {
            if invocation.has(Flag.set.name) { throw UsageError("--set needs a FILE to check it with") }
            invocation.terminal.write(ConfigurationReference.yaml)
            return .ok
        }
        _ = try Configuration.load(file, overrides: invocation.values(Flag.set.name))
        invocation.terminal.writeLine("\(file): no problems")
        return .ok
    }
}
