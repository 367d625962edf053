import Domain

@testable import Scoring

/// What ``EventProgress`` computes, from the whole list of records each time: the text of architecture.md, "Several
/// logs", but for sources that become idle.
struct SlowProgress {
    struct Read {
        let time: Timestamp
        let user: UserID
        let source: String
        let wall: EventProgress.Wall?
    }

    let lateness: Duration
    private var reads: [Read] = []
    private var ahead: [Bool] = []
    private var reached: [String: Timestamp] = [:]
    private(set) var watermark: Timestamp?

    init(lateness: Duration) { self.lateness = lateness }

    mutating func place(_ read: Read) -> EventProgress.Place {
        let sequence = reads.count + 1
        let floor = watermark
        reads.append(read)
        let own = reads.indices.filter { reads[$0].source == read.source }
        let before = own.dropLast()
        let believed = min(read.time, read.wall?.now ?? read.time)
        func time(_ place: Int) -> Timestamp { min(reads[place].time, reads[place].wall?.now ?? reads[place].time) }
        // What others claimed last, newest first.
        var callers: Set<UserID> = [read.user]
        var others: [Int] = []
        for place in before.reversed() where place + 1 + 4096 > sequence {
            if callers.insert(reads[place].user).inserted { others.append(place) }
        }
        // The eldest of sixteen callers was forgotten when a seventeenth came, and stays so.
        let heard = Self.heard(before.map { ($0, reads[$0].user) })
        others = others.filter { heard.contains($0) }
        let run = own.reversed().prefix { reads[$0].user == read.user }.count
        let known = [reached[read.source], floor].compactMap { $0 }.max()
        var isAhead = false
        if let known, believed > known + .seconds(300), !others.isEmpty, run < 8 {
            isAhead =
                others.filter { time($0) + .seconds(300) >= believed }.reduce(0) { $0 + (ahead[$1] ? 1 : 2) } < 2
        }
        ahead.append(isAhead)
        let claims = Array((others.reversed().map(time) + [believed]).suffix(16))
        if claims.count >= 3 || own.count >= 64 {
            let agreed = claims.sorted()[(claims.count - 1) / 2]
            reached[read.source] = max(reached[read.source] ?? agreed, agreed)
        }
        var marks = reached
        for source in Set(reads.map(\.source)) where reached[source] == nil {
            let records = reads.indices.filter { reads[$0].source == source }
            let heard = Self.heard(records.map { ($0, reads[$0].user) })
            marks[source] = heard.map(time).min()
        }
        if !reached.isEmpty, let least = marks.values.min() {
            let mark = min(least, read.wall?.steady ?? least) - lateness
            watermark = max(watermark ?? mark, mark)
        }
        var counted = isAhead ? min(believed, known ?? believed) : believed
        var lead = isAhead ? read.time.milliseconds - counted.milliseconds : 0
        if let wall = read.wall, read.time > wall.now + lateness {
            isAhead = true
            counted = min(counted, wall.now)
            lead = read.time.milliseconds - wall.now.milliseconds
        }
        return EventProgress.Place(
            watermark: watermark,
            time: counted,
            isAhead: isAhead,
            lead: .milliseconds(lead)
        )
    }

    /// The newest records of the sixteen callers that a source still hears, by its records in order.
    private static func heard(_ records: [(place: Int, user: UserID)]) -> Set<Int> {
        var slots: [(place: Int, user: UserID)] = []
        for record in records {
            slots.removeAll { $0.user == record.user || $0.place + 4096 <= record.place }
            slots.append(record)
            if slots.count > 16 { slots.removeFirst() }
        }
        return Set(slots.map(\.place))
    }
}
