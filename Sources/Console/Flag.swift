/// An option, `--name` or `--name VALUE`.
package struct Flag: Sendable {
    /// Without the dashes.
    package let name: String
    /// A one-letter form, such as the `o` of `-o`; nil when there is none.
    package let short: Character?
    /// What the help calls the value; nil for a switch.
    package let value: String?
    /// One sentence without a period.
    package let summary: String
    /// The words that the value must be one of; empty when it may be anything.
    package let choices: [String]
    /// Whether it may be given more than once.
    package let isRepeatable: Bool
    /// What the value can be, for completion.
    package let values: CompletionValues

    /// An option.
    ///
    /// - Parameters:
    ///   - name: without the dashes.
    ///   - short: a one-letter form.
    ///   - value: what the help calls the value; nil for a switch.
    ///   - summary: one sentence without a period.
    ///   - choices: the words that the value must be one of.
    ///   - isRepeatable: whether it may be given more than once.
    ///   - values: what the value can be; `choices` where there are any.
    package init(
        _ name: String,
        short: Character? = nil,
        value: String? = nil,
        _ summary: String,
        choices: [String] = [],
        isRepeatable: Bool = false,
        values: CompletionValues = .files
    ) {
        self.name = name
        self.short = short
        self.value = value ?? (choices.isEmpty ? nil : choices.joined(separator: "|"))
        self.summary = summary
        self.choices = choices
        self.isRepeatable = isRepeatable
        self.values = choices.isEmpty ? values : .words(choices)
    }

    /// `--help`, which every command has.
    static let help = Flag("help", short: "h", "Show this help")
}
