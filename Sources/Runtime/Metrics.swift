/// The program's counters, gauges and histograms, rendered in the Prometheus text format 0.0.4.
package final class Metrics: Sendable {
    private struct Family {
        let kind: String
        let help: String
        let bounds: [Double]
        var values: [String: Double] = [:]
        var buckets: [String: [Int]] = [:]
    }

    private let families = Locked<[String: Family]>([:])

    /// No metrics.
    package init() {}

    /// Declares a metric family, so that it is rendered before its first event.
    ///
    /// - Parameters:
    ///   - name: such as `riskd_records_total`.
    ///   - kind: counter, gauge or histogram.
    ///   - help: one sentence.
    ///   - bounds: upper bounds of a histogram's buckets, ascending.
    package func declare(_ name: String, _ kind: Kind, _ help: String, bounds: [Double] = []) {
        families.withLock { $0[name] = Family(kind: kind.rawValue, help: help, bounds: bounds) }
    }

    /// What a family is.
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    /// Adds to a counter.
    ///
    /// - Parameters:
    ///   - name: a declared family.
    ///   - labels: label names and values.
    ///   - amount: how much.
    package func add(_ name: String, _ labels: KeyValuePairs<String, String> = [:], by amount: Double = 1) {
        let key = rendered(labels)
        families.withLock { families in
            let isFull = (families[name]?.values.count ?? 0) >= Self.mostSeries
            if isFull, families[name]?.values[key] == nil {
                let others = labels.map { "\($0.key)=\"other\"" }.joined(separator: ",")
                families[name]?.values["{\(others)}", default: 0] += amount
            } else {
                families[name]?.values[key, default: 0] += amount
            }
        }
    }

    /// Series of one family, because callers choose some labels' values.
    ///
    /// Further counts are those of `other`, further gauges nobody's.
    static let mostSeries = 10_000

    /// Sets a gauge.
    ///
    /// - Parameters:
    ///   - name: a declared family.
    ///   - labels: label names and values.
    ///   - value: the new value.
    package func set(_ name: String, _ labels: KeyValuePairs<String, String> = [:], to value: Double) {
        let key = rendered(labels)
        families.withLock { families in
            let isNew = families[name]?.values[key] == nil
            if isNew, families[name]?.values.count ?? 0 >= Self.mostSeries { return }
            families[name]?.values[key] = value
        }
    }

    /// Removes a gauge of something that is no more.
    ///
    /// - Parameters:
    ///   - name: a declared family.
    ///   - labels: label names and values.
    package func remove(_ name: String, _ labels: KeyValuePairs<String, String>) {
        let key = rendered(labels)
        families.withLock { families in _ = families[name]?.values.removeValue(forKey: key) }
    }

    /// Forgets every value of a gauge whose labels begin with some that name what is gone.
    ///
    /// - Parameters:
    ///   - name: a declared family.
    ///   - labels: the first label names and values, at least one.
    package func removeAll(_ name: String, _ labels: KeyValuePairs<String, String>) {
        let beginning = rendered(labels).dropLast()
        families.withLock { families in
            guard let keys = families[name]?.values.keys.filter({ $0.hasPrefix(beginning) }) else { return }
            for key in keys { families[name]?.values[key] = nil }
        }
    }

    /// Adds one observation to a histogram.
    ///
    /// - Parameters:
    ///   - name: a declared family.
    ///   - value: what was observed, in the family's unit.
    package func observe(_ name: String, _ value: Double) {
        families.withLock { families in
            guard var family = families[name] else { return }
            var buckets = family.buckets[""] ?? Array(repeating: 0, count: family.bounds.count + 1)
            buckets[family.bounds.firstIndex { value <= $0 } ?? family.bounds.count] += 1
            family.buckets[""] = buckets
            family.values[""] = (family.values[""] ?? 0) + value
            families[name] = family
        }
    }

    /// The value of a counter or gauge; nil when it has none yet.
    ///
    /// For tests: what the program itself needs to know is no business of what scrapers are shown.
    ///
    /// - Parameters:
    ///   - name: a declared family.
    ///   - labels: label names and values.
    /// - Returns: the value.
    func value(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Double? {
        let key = rendered(labels)
        return families.withLock { $0[name]?.values[key] }
    }

    /// Everything, in the text format.
    package func render() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind)\n"
            if family.kind == Kind.histogram.rawValue {
                text += renderedHistogram(name, family)
            } else {
                for (labels, value) in family.values.sorted(by: { $0.key < $1.key }) {
                    text += "\(name)\(labels) \(number(value))\n"
                }
            }
        }
        return text
    }

    private func renderedHistogram(_ name: String, _ family: Family) -> String {
        let buckets = family.buckets[""] ?? Array(repeating: 0, count: family.bounds.count + 1)
        var text = ""
        var total = 0
        for (index, count) in buckets.enumerated() {
            total += count
            let bound = index < family.bounds.count ? number(family.bounds[index]) : "+Inf"
            text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
        }
        return text + "\(name)_sum \(number(family.values[""] ?? 0))\n\(name)_count \(total)\n"
    }
}

private func rendered(_ labels: KeyValuePairs<String, String>) -> String {
    guard !labels.isEmpty else { return "" }
    let pairs = labels.map { key, value in
        var escaped = ""
        // By scalars: `\r\n`, or a quote with a combining mark, is a `Character` of its own.
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return "\(key)=\"\(escaped)\""
    }
    return "{\(pairs.joined(separator: ","))}"
}

private func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
}
