import Domain

extension SourceProgress {
    /// How many callers are heard at most. Half of them have to agree before anything moves, so what progress lags
    /// behind the newest record is the time in which half as many callers are heard.
    static let mostClaims = 16
    /// With fewer callers than these nothing is known yet ...
    static let quorum = 3
    /// ... unless the source has had so many records: a service may have one user only.
    static let patience: Int64 = 64
    /// A caller who has not been heard for so many records is no longer asked.
    static let memory: Int64 = 4096
    /// What is further ahead than this of everything that others say is flagged.
    static let leap = Duration.seconds(300)
    /// A caller who sends so many records in a row is alone, and nobody is there to agree.
    static let solitude: Int64 = 8

    /// Takes in a record.
    ///
    /// - Parameters:
    ///   - time: what the record says, not later than the wall clock where one counts.
    ///   - caller: who sent it.
    ///   - sequence: its place in the scored order.
    ///   - floor: how far the whole service is known to have come; nil: not at all.
    /// - Returns: whether it is far ahead of all that is known.
    mutating func take(
        _ time: Timestamp,
        of caller: Int64,
        sequence: Int64,
        floor: Timestamp?
    ) -> Bool {
        run = claims.last?.caller == caller ? run + 1 : 1
        claims.removeAll { $0.caller == caller || $0.sequence + Self.memory <= sequence }
        let isAhead = isAhead(time, floor)
        claims.append(Claim(caller: caller, time: time, sequence: sequence, isAhead: isAhead))
        if claims.count > Self.mostClaims { claims.removeFirst(claims.count - Self.mostClaims) }
        records += 1
        if claims.count >= Self.quorum || records >= Self.patience {
            let agreed = claims.map(\.time).sorted()[(claims.count - 1) / 2]
            reached = max(reached ?? agreed, agreed)
        }
        return isAhead
    }

    /// Whether nobody else has said anything like it; asked before the record's own claim is noted.
    private func isAhead(_ time: Timestamp, _ floor: Timestamp?) -> Bool {
        let known = [reached, floor].compactMap { $0 }.max()
        guard let known, time > known + Self.leap, !claims.isEmpty, run < Self.solitude else { return false }
        // Two that were ahead themselves make one that was not: after a quiet night the first records are.
        let support = claims.reduce(0) { sum, claim in
            claim.time + Self.leap >= time ? sum + (claim.isAhead ? 1 : 2) : sum
        }
        return support < 2
    }
}
