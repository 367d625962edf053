/// Which of many sources has the least of some number, though the numbers of all of them change all the time.
///
/// A heap in which what a source had before is left behind, until it comes to the top or makes more than half of the
/// heap: so a change takes a number of steps that grows with the logarithm of the number of sources only.
struct LeastFirst: Sendable {
    private struct Entry {
        let value: Int64
        let source: String
    }

    private var values: [String: Int64] = [:]
    private var entries: [Entry] = []
    /// How many comparisons were made.
    private(set) var steps = 0

    /// The source that has the least, any of several that have it; nil where none has anything.
    var least: (source: String, value: Int64)? { entries.first.map { ($0.source, $0.value) } }

    /// Notes what a source has; nil: nothing any more.
    mutating func set(_ value: Int64?, of source: String) {
        guard values[source] != value else { return }
        values[source] = value
        if let value { push(Entry(value: value, source: source)) }
        if entries.count > 2 * values.count + 64 {
            let current = values
            entries = []
            for (source, value) in current { push(Entry(value: value, source: source)) }
        }
        while let first = entries.first, values[first.source] != first.value { removeFirst() }
    }

    private mutating func push(_ entry: Entry) {
        var index = entries.count
        entries.append(entry)
        while index > 0 {
            let parent = (index - 1) / 2
            steps += 1
            guard entries[index].value < entries[parent].value else { return }
            entries.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var index = 0
        while true {
            var next = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
                steps += 1
                if entries[child].value < entries[next].value { next = child }
            }
            guard next != index else { return }
            entries.swapAt(index, next)
            index = next
        }
    }
}
