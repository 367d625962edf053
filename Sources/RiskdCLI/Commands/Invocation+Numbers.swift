import RiskdTraining

extension Invocation {
    /// A number that a flag gives.
    ///
    /// - Parameters:
    ///   - flag: the flag's name.
    ///   - fallback: what counts when it was not given.
    ///   - range: what is allowed.
    /// - Returns: the number.
    /// - Throws: `UsageError` for anything else.
    func number<Number: LosslessStringConvertible & Comparable>(
        _ flag: String,
        _ fallback: Number,
        in range: ClosedRange<Number>
    ) throws(UsageError) -> Number {
        guard let text = value(flag) else { return fallback }
        guard let number = Number(text), range.contains(number) else {
            throw UsageError("--\(flag) must be \(range.lowerBound) to \(range.upperBound), got '\(text)'")
        }
        return number
    }

    /// The half that `--split` asks for.
    func split() throws(UsageError) -> Split? {
        let seed = try number("split-seed", UInt64(1), in: 0...UInt64(Int64.max))
        return value("split").flatMap(Split.Side.init).map { Split($0, seed: seed) }
    }

    /// The classes that `--classes` names.
    var classes: [String]? { value("classes")?.split(separator: ",").map(String.init) }
}
