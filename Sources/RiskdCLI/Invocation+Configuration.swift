package import Configuration
package import Console

extension Flag {
    /// `--config FILE`, for commands that need a configuration.
    package static let config = Flag("config", value: "FILE", "Read the configuration from FILE")
    /// `--set KEY=VALUE`, for commands that need a configuration.
    package static let set = Flag(
        "set",
        value: "KEY=VALUE",
        "Set a key of the configuration, such as similarity.threshold=0.2",
        isRepeatable: true
    )
}

extension Invocation {
    /// The configuration that `--config` and `--set` ask for.
    ///
    /// - Returns: the configuration, checked; the defaults where no file is named.
    /// - Throws: everything that is wrong with it.
    package func configuration() throws(ConfigurationError) -> Configuration {
        try .load(value(Flag.config.name), overrides: values(Flag.set.name))
    }
}
