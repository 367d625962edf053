package import Domain

/// How much all models' histories may take together, however many names callers send.
package struct HistoryBound: Hashable, Sendable {
    /// Models with a history.
    package let models: Int
    /// Bytes, as ``cost(entries:bytes:)`` counts them.
    package let bytes: Int

    package init(models: Int, bytes: Int) {
        self.models = models
        self.bytes = bytes
    }

    /// A bound that nothing reaches.
    package static let none = HistoryBound(models: .max, bytes: .max)

    /// What a model's history takes: what is compared, and about what is kept beside it.
    static func cost(entries: Int, bytes: Int) -> Int { perModel + entries * perInput + bytes }

    /// Bytes of a model that was seen once.
    static let perModel = 8192
    /// Bytes of an input's columns, name, signature and place in a chain.
    static let perInput = 192

    /// A model's history, as far as the bound looks at it.
    package struct Use: Hashable {
        package let model: ModelID
        let entries: Int
        package let bytes: Int
        let newestSequence: Int64

        var cost: Int { HistoryBound.cost(entries: entries, bytes: bytes) }
    }

    /// The models that have to be forgotten: those that have been idle for longest, for how much was seen of them.
    ///
    /// Names that somebody makes up are seen a few times each, so they displace each other, and neither a model that is asked
    /// seldom nor one that is new.
    ///
    /// - Parameters:
    ///   - uses: of all models.
    ///   - sequence: of the newest record.
    /// - Returns: models, ordered by name.
    func leaving(_ uses: [Use], at sequence: Int64) -> [ModelID] {
        guard uses.count > models else { return [] }
        func idle(_ use: Use) -> Double {
            Double(sequence - use.newestSequence + 1) / Double(max(1, use.entries))
        }
        let order = uses.sorted { left, right in
            let (one, other) = (idle(left), idle(right))
            return one == other ? left.model < right.model : one > other
        }
        return order.prefix(uses.count - models).map(\.model).sorted()
    }

    /// The most that each model may take; nil where together they take no more than they may.
    ///
    /// Those that take least keep all of it. Room is made for a while, so that this is seldom looked for.
    ///
    /// - Parameter uses: of all models.
    /// - Returns: bytes.
    package func share(of uses: [Use]) -> Int? {
        var left = uses.reduce(0) { $0 + $1.cost }
        guard left > bytes else { return nil }
        left = bytes - bytes / 16
        let costs = uses.map(\.cost).sorted()
        for (index, cost) in costs.enumerated() {
            let share = left / (costs.count - index)
            if cost > share { return share }
            left -= cost
        }
        return nil
    }
}
