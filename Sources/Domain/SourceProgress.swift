/// How far one source has come in event time, by what several of its callers agree on.
///
/// A value as storage keeps it; how it moves is ``EventProgress``'s business.
package struct SourceProgress: Hashable, Sendable {
    /// What one of the newest records said of the time.
    package struct Claim: Hashable, Sendable {
        /// Whose: a digest of the name (``UserID/claimDigest``).
        package let caller: Int64
        /// Its time, not later than the wall clock's where one counts.
        package let time: Timestamp
        /// Which of the scored order's records it was.
        package let sequence: Int64
        /// Whether it was far ahead of all that was known.
        package let isAhead: Bool

        package init(caller: Int64, time: Timestamp, sequence: Int64, isAhead: Bool) {
            self.caller = caller
            self.time = time
            self.sequence = sequence
            self.isAhead = isAhead
        }
    }

    /// The source's durable id.
    package let source: String
    /// How many of its records were scored since it was met, or since it was last forgotten.
    package var records: Int64
    /// The instant that it has reached, which never goes back; nil before enough is known.
    package var reached: Timestamp?
    /// The time of the newest record that was not far ahead; nil before the first.
    package var front: Timestamp?
    /// The newest claims, few of each caller, oldest first.
    package var claims: [Claim]
    /// How many records in a row the newest claim's caller has sent.
    package var run: Int64

    /// Progress; without more than a name that of a source of which nothing has been read.
    package init(
        source: String,
        records: Int64 = 0,
        reached: Timestamp? = nil,
        front: Timestamp? = nil,
        claims: [Claim] = [],
        run: Int64 = 0
    ) {
        self.source = source
        self.records = records
        self.reached = reached
        self.front = front
        self.claims = claims
        self.run = run
    }
}

extension UserID {
    /// What a caller is told apart by where names are not to be kept: the 64 bits of FNV-1a of the name.
    package var claimDigest: Int64 {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int64(bitPattern: digest)
    }
}
