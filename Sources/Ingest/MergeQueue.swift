import Domain

/// The files that have lines, by the times of these: which one comes next takes a number of steps that grows with the logarithm of their
/// number only.
struct MergeQueue {
    private struct Entry {
        let key: Int64
        let file: TrackedFile
        /// Of an entry that counts, the file's own.
        let ticket: Int
        private let turn: Int64
        private let order: Int
        private let path: String

        init(_ file: TrackedFile) {
            key = file.lookahead.key?.milliseconds ?? .min
            self.file = file
            ticket = file.ticket
            turn = file.lastTurn
            order = file.rotatedFrom == nil ? 1 : 0
            path = file.path
        }

        /// Lines without a time are taken in turns; files of one time: those that are rotated away first, then by name.
        static func < (left: Entry, right: Entry) -> Bool {
            if left.key != right.key { return left.key < right.key }
            if left.key == .min, left.turn != right.turn { return left.turn < right.turn }
            return (left.order, left.path, left.file.id) < (right.order, right.path, right.file.id)
        }
    }

    /// What is further behind the latest than this comes late whenever it is read.
    private static let farBehind: Int64 = 60_000

    private var inTime = Heap()
    private var behind = Heap()
    /// How many rotated files with lines there are of a path, and the files that wait for them.
    private var holding: [String: Int] = [:]
    private var waiting: [String: [TrackedFile]] = [:]
    /// The latest time of a line that was taken.
    private(set) var horizon = Int64.min
    /// Whether the last line taken was far behind it.
    private var wasBehind = false
    private var turns: Int64 = 0
    /// How many comparisons were made.
    var steps: Int { inTime.steps + behind.steps }

    /// Notes how far a file has been read by itself.
    mutating func note(_ time: Int64) { horizon = max(horizon, time) }

    /// Puts a file where its lines belong, and takes it out where it has none.
    mutating func update(_ file: TrackedFile) {
        file.ticket += 1
        let hasLines = !file.lookahead.isEmpty && !file.isFinished
        if let path = file.rotatedFrom, file.holdsBack != hasLines {
            file.holdsBack = hasLines
            holding[path, default: 0] += hasLines ? 1 : -1
            if holding[path] == 0 {
                holding[path] = nil
                for file in waiting.removeValue(forKey: path) ?? [] { update(file) }
            }
        }
        guard hasLines else { return }
        let entry = Entry(file)
        if isBehind(entry.key) { behind.push(entry) } else { inTime.push(entry) }
    }

    /// The file whose line comes next, which stays where it is until it is updated; nil when there is no line.
    mutating func next() -> TrackedFile? {
        while let first = inTime.first, isBehind(first.key) { behind.push(inTime.pop()) }
        // What was written before a rotation comes before what was written after it.
        clean(\.inTime)
        clean(\.behind)
        guard let first = behind.first ?? inTime.first else { return nil }
        var best = first
        // A log of yesterday that turns up beside those of today, or one without times, is read but does not keep them waiting.
        if wasBehind, let other = inTime.first { best = other }
        wasBehind = isBehind(best.key)
        horizon = max(horizon, best.key)
        turns += 1
        best.file.lastTurn = turns
        return best.file
    }

    private func isBehind(_ key: Int64) -> Bool {
        key == .min || horizon > .min && key < horizon - Self.farBehind
    }

    private mutating func clean(_ heap: WritableKeyPath<MergeQueue, Heap>) {
        while let first = self[keyPath: heap].first {
            let file = first.file
            if first.ticket == file.ticket {
                guard file.rotatedFrom == nil, holding[file.path] != nil else { return }
                waiting[file.path, default: []].append(file)
            }
            _ = self[keyPath: heap].pop()
        }
    }

    /// A binary heap with the least entry first.
    private struct Heap {
        private var entries: [Entry] = []
        private(set) var steps = 0

        var first: Entry? { entries.first }

        mutating func push(_ entry: Entry) {
            var index = entries.count
            entries.append(entry)
            while index > 0 {
                let parent = (index - 1) / 2
                steps += 1
                guard entries[index] < entries[parent] else { return }
                entries.swapAt(index, parent)
                index = parent
            }
        }

        /// - Precondition: there is an entry.
        mutating func pop() -> Entry {
            entries.swapAt(0, entries.count - 1)
            let least = entries.removeLast()
            var index = 0
            while true {
                var next = index
                for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
                    steps += 1
                    if entries[child] < entries[next] { next = child }
                }
                guard next != index else { return least }
                entries.swapAt(index, next)
                index = next
            }
        }
    }
}
