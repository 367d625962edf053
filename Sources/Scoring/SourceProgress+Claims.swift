import Domain

extension SourceProgress {
    /// How many claims are kept at most.
    ///
    /// Half of them have to agree before anything moves, so what progress lags behind the
    /// newest record is the time in which half as many are made.
    static let mostClaims = 64
    /// How many of them one caller may have: a flood from one is one voice among others, and a single record is less.
    static let claimsOfOne = 4
    /// With fewer callers than these nothing is known yet.
    static let quorum = 3
    /// So many records make known what few callers say, because a service may have one user only.
    static let patience: Int64 = 64
    /// A claim that was made so many records ago no longer counts.
    static let memory: Int64 = 4096
    /// What is further ahead than this of everything that is known is flagged.
    static let leap = Duration.seconds(480)
    /// A caller who sends so many records in a row is alone, and nobody is there to agree.
    static let solitude: Int64 = 8

    /// Takes in a record.
    ///
    /// - Parameters:
    ///   - time: what the record says, not later than the wall clock where one counts.
    ///   - caller: who sent it.
    ///   - sequence: its place in the scored order.
    ///   - floor: how far the whole service is known to have come; nil: not at all.
    /// - Returns: that, or how far the source had come, if the record is far ahead of both; else nil.
    mutating func take(
        _ time: Timestamp,
        of caller: Int64,
        sequence: Int64,
        floor: Timestamp?
    ) -> Timestamp? {
        run = claims.last?.caller == caller ? run + 1 : 1
        if let first = claims.first, first.sequence + Self.memory <= sequence {
            claims.removeAll { $0.sequence + Self.memory <= sequence }
        }
        let known = [reached, floor, front].compactMap { $0 }.max()
        let isAhead = known.map { time > $0 + Self.leap } == true && !isBelieved(time, of: caller)
        if !isAhead { front = max(front ?? time, time) }
        if claims.count(where: { $0.caller == caller }) >= Self.claimsOfOne,
            let oldest = claims.firstIndex(where: { $0.caller == caller })
        {
            claims.remove(at: oldest)
        }
        claims.append(Claim(caller: caller, time: time, sequence: sequence, isAhead: isAhead))
        if claims.count > Self.mostClaims { claims.removeFirst() }
        records += 1
        if records >= Self.patience || Set(claims.map(\.caller)).count >= Self.quorum {
            let agreed = claims.map(\.time).sorted()[(claims.count - 1) / 2]
            reached = max(reached ?? agreed, agreed)
        }
        return isAhead ? known : nil
    }

    /// Whether somebody else says the same, or nobody else is there; asked before the record's own claim is noted.
    private func isBelieved(_ time: Timestamp, of caller: Int64) -> Bool {
        claims.isEmpty || run >= Self.solitude
            || claims.contains { $0.caller != caller && $0.time + Self.leap >= time }
    }
}
