import Scoring

/// How many of some things have a property, with what that says of the probability.
struct Share: Hashable {
    var count = 0
    var size = 0

    /// Counts one more.
    mutating func add(_ has: Bool) {
        size += 1
        if has { count += 1 }
    }

    /// The share; nil of nothing.
    var value: Double? { size > 0 ? Double(count) / Double(size) : nil }

    /// The 95 % interval of Clopper and Pearson: of independent things.
    var interval: ClosedRange<Double> { binomialInterval(count: count, of: size) }
}

/// A count per account, for shares of queries: those of one account are alike, so accounts are what is independent.
struct ClusteredShare {
    private var accounts: [(count: Int, size: Int)] = []

    init(_ accounts: some Sequence<Share>) {
        self.accounts = accounts.map { ($0.count, $0.size) }
    }

    /// All accounts together.
    var whole: Share {
        accounts.reduce(into: Share()) { share, account in
            share.count += account.count
            share.size += account.size
        }
    }

    /// A 95 % interval: the percentiles of 2,000 draws of as many accounts, with replacement.
    ///
    /// Where no query or every query has the property, draws all look alike, and the exact interval of one query an
    /// account is returned.
    var interval: ClosedRange<Double> {
        let whole = whole
        guard accounts.count > 1, whole.count > 0, whole.count < whole.size else {
            let all = whole.count > 0 && whole.count == whole.size
            return binomialInterval(count: all ? accounts.count : 0, of: accounts.count)
        }
        var random = SplitMix(state: 7)
        let shares = (0..<2000).map { _ in
            var (count, size) = (0, 0)
            for _ in accounts.indices {
                let account = accounts[Int.random(in: accounts.indices, using: &random)]
                count += account.count
                size += account.size
            }
            return Double(count) / Double(max(1, size))
        }.sorted()
        return shares[49]...shares[1950]
    }
}

/// Sebastiano Vigna's SplitMix64: the same numbers on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
