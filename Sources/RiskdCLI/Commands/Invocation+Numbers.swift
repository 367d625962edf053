import Console
import RiskdTraining

extension Invocation {
    /// The half that `--split` asks for.
    func split() throws(UsageError) -> Split? {
        let seed = try number("split-seed", UInt64(1), in: 0...UInt64(Int64.max))
        return value("split").flatMap(Split.Side.init).map { Split($0, seed: seed) }
    }

    /// The classes that `--classes` names.
    var classes: [String]? { value("classes")?.split(separator: ",").map(String.init) }
}
