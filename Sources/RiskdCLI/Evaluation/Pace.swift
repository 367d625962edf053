import Domain

/// How far apart an attempt's queries are.
enum Pace: Hashable, CustomStringConvertible {
    /// As the log has it.
    case recorded
    /// One query after this many microseconds, above 0.
    case gap(Int64)

    /// What may be asked for, in seconds.
    static let seconds = 0.000_001...3600.0

    /// Reads `recorded` or a number of seconds, such as `0.02`; nil for anything else, and for parts of a microsecond.
    init?(_ text: String) {
        guard text != "recorded" else {
            self = .recorded
            return
        }
        guard let seconds = Double(text), Self.seconds.contains(seconds) else { return nil }
        let microseconds = (seconds * 1e6).rounded()
        guard abs(seconds * 1e6 - microseconds) < 1e-3 else { return nil }
        self = .gap(Int64(microseconds))
    }

    /// The gap in microseconds; nil: as recorded.
    var microseconds: Int64? {
        switch self {
        case .recorded: nil
        case .gap(let microseconds): microseconds
        }
    }

    /// `recorded`, or the seconds as short as they can be written: `0.02`.
    var description: String {
        guard case .gap(let microseconds) = self else { return "recorded" }
        let fraction = String(microseconds % 1_000_000)
        var text = String(repeating: "0", count: 6 - fraction.count) + fraction
        while text.hasSuffix("0") { text.removeLast() }
        return "\(microseconds / 1_000_000)" + (text.isEmpty ? "" : "." + text)
    }
}

/// An evaluation of a log that was replayed at a pace.
struct PacedEvaluation {
    let pace: Pace
    let evaluation: Evaluation
}
