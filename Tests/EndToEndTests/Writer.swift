/// Appends records to a sandbox's log little by little, cut anywhere, as a busy server would.
struct Writer {
    let sandbox: Sandbox
    /// How many records there will be in all.
    let total: Int
    private(set) var written = 0
    private var random: SystemRandomNumberGenerator = .init()
    /// What of the lines is not in the file yet.
    private var rest: [UInt8] = []

    init(_ sandbox: Sandbox, total: Int) {
        self.sandbox = sandbox
        self.total = total
    }

    var isDone: Bool { written == total && rest.isEmpty }

    /// Appends about `count` more records; the last one may be left half written.
    mutating func append(_ count: Int) throws {
        let end = min(total, written + count)
        rest += LogLine.records(written..<end).utf8
        written = end
        let isLast = end == total
        let kept = isLast ? 0 : Int.random(in: 0..<min(200, rest.count), using: &random)
        try sandbox.append(Array(rest.dropLast(kept)))
        rest = rest.suffix(kept)
    }
}
