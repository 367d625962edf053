import Domain

/// The odds of a whole from those of its members, one member at a time and in any order.
struct RollUp {
    /// How many members besides the worst are named in an explanation.
    static let named = 9

    private let configuration: ScoringConfiguration
    private let criticality: Int64
    private var worst: Member?
    /// The worst of the other members with odds above the floor, worst first; at most ``named``.
    private var next: [Member] = []
    /// What all other members above the floor have above it, in millionths.
    private var extras: Int64 = 0
    /// The largest score of a member, in milli-points: a roll-up is never below it by rounding.
    private(set) var highest: Int64 = 0

    private struct Member {
        let entity: Entity
        let odds: Int64

        func isWorse(than other: Member) -> Bool {
            odds == other.odds ? entity < other.entity : odds > other.odds
        }
    }

    /// The roll-up of no members, for a whole of criticality w in permille.
    init(_ configuration: ScoringConfiguration, criticality: Int64) {
        self.configuration = configuration
        self.criticality = criticality
    }

    /// Adds a member by its odds in millionths and its score in milli-points.
    mutating func add(_ entity: Entity, odds: Int64, score: Int64) {
        highest = max(highest, score)
        guard odds > 0 else { return }
        let member = Member(entity: entity, odds: odds)
        guard let worst else {
            worst = member
            return
        }
        let isWorst = member.isWorse(than: worst)
        if isWorst { self.worst = member }
        let other = isWorst ? worst : member
        guard other.odds > configuration.oddsFloor else { return }
        extras += extra(of: other)
        if next.count == Self.named {
            guard let least = next.last, other.isWorse(than: least) else { return }
            next.removeLast()
        }
        next.insert(other, at: next.firstIndex { other.isWorse(than: $0) } ?? next.endIndex)
    }

    /// Millionths.
    var odds: Int64 {
        criticality * ((worst?.odds ?? 0) + extras / configuration.othersDivisor) / 1000
    }

    /// Milli-points.
    var score: Int64 { max(highest, configuration.oddsToMilli(odds)) }

    /// A score in parts by member, in proportion to what each adds to the odds.
    ///
    /// - Parameter score: milli-points.
    /// - Returns: parts that are not zero and sum to the score: the worst member, which takes what rounding leaves,
    ///   the next nine that add something, and `others`.
    func explain(_ score: Int64) -> [Contribution] {
        guard let worst else { return [] }
        var shares = next.map { (name: $0.entity.description, extra: extra(of: $0)) }
        shares.append((name: "others", extra: shares.reduce(extras) { $0 - $1.extra }))
        let whole =
            Int128(worst.odds) * Int128(configuration.othersDivisor)
            + shares.reduce(0 as Int128) { $0 + Int128($1.extra) }
        var parts = shares.map { share in
            Contribution(name: share.name, milliPoints: Int64(Int128(score) * Int128(share.extra) / whole))
        }
        let left = score - parts.reduce(0) { $0 + $1.milliPoints }
        parts.append(Contribution(name: worst.entity.description, milliPoints: left))
        return parts.inOrder
    }

    private func extra(of member: Member) -> Int64 { member.odds - configuration.oddsFloor }
}
