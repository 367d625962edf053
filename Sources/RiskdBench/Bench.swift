import Console
import Domain
import RiskdCLI

/// The program `riskd-bench`.
enum Bench {
    /// The table of commands.
    static let program = Program(
        "riskd-bench",
        "Measures riskd on this machine, as figures and ratios within one run",
        version: riskdVersion,
        commands: [.pipeline, .restart, .similarity, .ticks, .training, .delivery],
        flags: Comparison.flags
    )

    /// Runs the program on this process's terminal.
    static func main(_ arguments: [String]) async -> Int32 {
        let words = Array(arguments.dropFirst())
        // Help and completion are of the table like any other.
        let isComparison = words.contains { $0 == "--against" || $0.hasPrefix("--against=") }
        if isComparison, !words.contains("--help") {
            return Comparison.run(words, on: .standard).rawValue
        }
        return await program.run(words, on: .standard).rawValue
    }
}

extension Invocation {
    /// A whole number that a flag gives.
    ///
    /// - Parameters:
    ///   - flag: the flag's name.
    ///   - fallback: what counts when it was not given.
    ///   - range: what is allowed.
    /// - Returns: the number.
    /// - Throws: `UsageError` for anything else.
    func count(_ flag: String, _ fallback: Int, in range: ClosedRange<Int>) throws(UsageError) -> Int {
        guard let text = value(flag) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("--\(flag) must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// A number with so many decimals, for people.
func rounded(_ value: Double, _ places: Int = 1) -> Double {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    return (value * scale).rounded() / scale
}
