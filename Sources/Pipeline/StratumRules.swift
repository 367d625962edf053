package import Configuration
package import Domain

/// Which part of a model's users a record shows its user to be in.
package struct StratumRules: Hashable, Sendable {
    private let rules: [Configuration.Stratum]

    /// The rules that a configuration asks for.
    package init(_ configuration: Configuration.Calibration) { rules = configuration.strata }

    /// The stratum of a record: the first that fits.
    ///
    /// - Parameter record: any.
    /// - Returns: the stratum's name, with the version where each is apart; nil: none, so that the pooled calibration
    ///   counts.
    package func stratum(of record: Record) -> String? {
        for rule in rules {
            switch rule {
            case .eachVersion:
                if let version = record.modelVersion { return "\(rule.name)=\(version)" }
            case .matching(let name, let field, let pattern):
                let text =
                    switch field {
                    case .user: record.user.name
                    case .source: record.source ?? ""
                    case .modelVersion: record.modelVersion ?? ""
                    }
                if matches(pattern, text) { return name }
            }
        }
        return nil
    }
}
