import Domain

/// A matcher, ready to be asked often.
struct Condition {
    private let matcher: AlertMatcher
    private let pattern: Regex<AnyRegexOutput>?

    /// A condition; a pattern that is no regular expression matches nothing.
    init(_ matcher: AlertMatcher) {
        self.matcher = matcher
        switch matcher.comparison {
        case .equal, .notEqual: pattern = nil
        case .matches, .matchesNot: pattern = try? Regex(matcher.value)
        }
    }

    func holds(for alert: AlertSnapshot) -> Bool {
        guard let value = matcher.value(of: alert) else {
            return matcher.comparison == .notEqual || matcher.comparison == .matchesNot
        }
        return switch matcher.comparison {
        // By bytes, as names are told apart everywhere.
        case .equal: value.hasSameBytes(as: matcher.value)
        case .notEqual: !value.hasSameBytes(as: matcher.value)
        case .matches: matches(value)
        case .matchesNot: !matches(value)
        }
    }

    private func matches(_ value: String) -> Bool {
        guard let pattern else { return false }
        return (try? pattern.wholeMatch(in: value)) != nil
    }
}

extension [Condition] {
    func hold(for alert: AlertSnapshot) -> Bool { allSatisfy { $0.holds(for: alert) } }
}
