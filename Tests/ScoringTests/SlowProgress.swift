import Domain

@testable import Scoring

/// What ``EventProgress`` computes, from the whole list of records each time: the text of
/// docs/architecture.md#several-logs.
struct SlowProgress {
    struct Read {
        let time: Timestamp
        let user: UserID
        let source: String
        let wall: EventProgress.Wall?
    }

    let lateness: Duration
    private var reads: [Read] = []
    /// Whether each record was ahead of its source's others, whatever the clock says.
    private var judged: [Bool] = []
    private var reached: [String: Timestamp] = [:]
    private(set) var watermark: Timestamp?
    /// Records of a source before this place are forgotten.
    private var begins: [String: Int] = [:]

    init(lateness: Duration) { self.lateness = lateness }

    mutating func place(_ read: Read) -> EventProgress.Place {
        let sequence = reads.count + 1
        if sequence % 16 == 0 { forgetIdle(before: sequence) }
        let fronts = reads.indices.filter { !judged[$0] && isKept($0) }.map(time)
        let floor = (fronts + [watermark].compactMap { $0 }).max()
        reads.append(read)
        let own = reads.indices.filter { reads[$0].source == read.source && isKept($0) }
        let believed = min(read.time, read.wall?.now ?? read.time)
        let heard = heard(own.dropLast(), at: sequence)
        let run = own.reversed().prefix { reads[$0].user == read.user }.count
        let known = [reached[read.source], floor].compactMap { $0 }.max()
        let isFar = known.map { believed > $0 + .seconds(480) } ?? false
        let isSeconded = heard.contains {
            reads[$0].user != read.user && time($0) + .seconds(480) >= believed
        }
        let isAhead = isFar && !isSeconded && run < 8 && !heard.isEmpty
        judged.append(isAhead)
        let claims = self.heard(own, at: sequence)
        if Set(claims.map { reads[$0].user }).count >= 3 || own.count >= 64 {
            let agreed = claims.map(time).sorted()[(claims.count - 1) / 2]
            reached[read.source] = max(reached[read.source] ?? agreed, agreed)
        }
        var marks = reached
        for source in Set(reads.map(\.source)) where reached[source] == nil {
            marks[source] = least(of: source, at: sequence)
        }
        if !reached.isEmpty, let least = marks.values.min() {
            let mark = min(least, read.wall?.steady ?? least) - lateness
            watermark = max(watermark ?? mark, mark)
        }
        let isBeyond = read.wall.map { read.time > $0.now + lateness } ?? false
        let counted = isAhead ? known ?? believed : believed
        let base = isAhead ? counted : read.wall?.now ?? read.time
        return EventProgress.Place(
            watermark: watermark,
            time: min(counted, read.wall?.now ?? counted),
            isAhead: isAhead || isBeyond,
            lead: isAhead || isBeyond ? .milliseconds(read.time.milliseconds - base.milliseconds) : .zero
        )
    }

    /// The least claim of a source; nil where it has none.
    private func least(of source: String, at sequence: Int) -> Timestamp? {
        heard(reads.indices.filter { reads[$0].source == source && isKept($0) }, at: sequence).map(time).min()
    }

    /// Whether a record's source has not been forgotten since.
    private func isKept(_ place: Int) -> Bool { place >= begins[reads[place].source] ?? 0 }

    private mutating func forgetIdle(before sequence: Int) {
        let busy = Set(reads.indices.filter(isKept).map { reads[$0].source })
        let idle = busy.filter { source in
            let last = reads.lastIndex { $0.source == source } ?? 0
            let mark = reached[source] ?? least(of: source, at: sequence)
            let others = busy.subtracting([source]).compactMap { reached[$0] }.min()
            guard busy.count > 1, last + 1 + 64 <= sequence else { return false }
            return mark.map { mark in others.map { mark + .seconds(60) < $0 } ?? false } == true
                || last + 1 + 4096 <= sequence
        }
        for source in idle {
            begins[source] = reads.count
            reached[source] = nil
        }
    }

    /// What a record says, not later than the wall clock.
    private func time(_ place: Int) -> Timestamp {
        min(reads[place].time, reads[place].wall?.now ?? reads[place].time)
    }

    /// Which of a source's records count: at most 64, of each caller the newest four, none that is 4096 records old.
    private func heard(_ records: some Sequence<Int>, at sequence: Int) -> [Int] {
        var slots: [Int] = []
        for place in records {
            slots = slots.filter { $0 + 1 + 4096 > place + 1 }
            let own = slots.filter { reads[$0].user == reads[place].user }
            if own.count == 4 { slots.removeAll { $0 == own[0] } }
            slots = Array((slots + [place]).suffix(64))
        }
        return slots.filter { $0 + 1 + 4096 > sequence }
    }
}
