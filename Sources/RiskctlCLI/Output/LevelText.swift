import Console
import Domain
import Runtime

/// Levels as people see them: a word, a bar of glyphs and a colour (docs/design/people.md#levels-to-the-eye).
enum LevelText {
    /// Words that the API uses, lowest first; `uncalibrated` is no level.
    static let words = Level.allCases.map(\.description)

    /// The bar of a level.
    static func bar(_ word: String) -> String {
        switch word {
        case "info": "[---]"
        case "low": "[#--]"
        case "medium": "[##-]"
        case "high": "[###]"
        case "critical": "[!!!]"
        default: "[ ? ]"
        }
    }

    /// Bar and word.
    static func text(_ word: String) -> String { "\(bar(word)) \(word)" }

    /// The colour.
    static func style(_ word: String) -> Terminal.Style? {
        switch word {
        case "info": .grey
        case "low": .skyBlue
        case "medium": .paleYellow
        case "high": .orange
        case "critical": .vermilion
        default: .reversed
        }
    }
}

/// Times as tables show them: UTC, to the second.
func shortTime(_ text: String) -> String {
    text.count == 24 && text.hasSuffix("Z") ? text.prefix(19) + "Z" : text
}

/// A duration as people say it: `45 s`, `12 min`, `3.5 h`, `2.0 d`.
func spoken(seconds: Double) -> String {
    switch abs(seconds) {
    case ..<120: "\(Int(seconds.rounded())) s"
    case ..<7200: "\(Int((seconds / 60).rounded())) min"
    case ..<172_800: oneDecimal(seconds / 3600) + " h"
    default: oneDecimal(min(seconds, 1e12) / 86400) + " d"
    }
}

/// A count with its noun.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// Evidence in bits; nil where there is none.
func evidenceText(_ bits: Double) -> String? { bits > 0 ? "\(oneDecimal(min(bits, 1e9))) bits" : nil }
