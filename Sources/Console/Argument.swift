/// A positional argument.
package struct Argument: Sendable {
    /// As the help shows it, such as `FILE`.
    package let name: String
    /// One sentence without a period.
    package let summary: String
    /// How many there may be.
    package let count: ClosedRange<Int>
    /// What it can be, for completion.
    package let values: CompletionValues

    /// A positional argument.
    ///
    /// - Parameters:
    ///   - name: as the help shows it.
    ///   - summary: one sentence without a period.
    ///   - count: how many there may be.
    ///   - values: what it can be.
    package init(
        _ name: String,
        _ summary: String,
        count: ClosedRange<Int> = 1...1,
        values: CompletionValues = .files
    ) {
        self.name = name
        self.summary = summary
        self.count = count
        self.values = values
    }

    /// Such as `FILE`, `[FILE]` or `FILE...`.
    var usage: String {
        let repeated = count.upperBound > 1 ? "\(name)..." : name
        return count.lowerBound == 0 ? "[\(repeated)]" : repeated
    }
}
