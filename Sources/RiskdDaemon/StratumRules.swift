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

/// Whether a text is what a pattern says: `*` is any number of characters, everything else itself.
func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
    let bytes = Array(text.utf8)
    guard let first = parts.first, let last = parts.last else { return bytes.isEmpty }
    guard parts.count > 1 else { return bytes == first }
    guard bytes.count >= first.count + last.count, bytes.starts(with: first),
        bytes.reversed().starts(with: last.reversed())
    else { return false }
    var place = first.count
    let end = bytes.count - last.count
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
        // The leftmost place leaves the most for the parts after it.
        guard place + part.count <= end,
            let found = (place...(end - part.count)).first(where: {
                bytes[$0..<$0 + part.count].elementsEqual(part)
            })
        else { return false }
        place = found + part.count
    }
    return place <= end
}
