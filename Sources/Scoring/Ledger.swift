import Domain

/// Where a lane's evidence came from: named parts that sum to it.
package struct Ledger: Hashable, Sendable {
    /// A named part.
    package struct Entry: Hashable, Sendable {
        /// A detector, `unremarkable` or `limits`.
        package let name: String
        /// Units of evidence; negative parts lower it.
        package var units: Int64

        /// A part.
        package init(name: String, units: Int64) {
            self.name = name
            self.units = units
        }
    }

    /// The parts that are not zero, ordered by the bytes of their names.
    package private(set) var entries: [Entry]

    /// A ledger of these parts, in any order.
    ///
    /// - Parameter entries: one per name.
    package init(_ entries: [Entry] = []) {
        self.entries = entries.filter { $0.units != 0 }.sorted { precedes($0.name, $1.name) }
    }

    /// The sum of all parts, in units.
    var total: Int64 { entries.reduce(0) { $0 + $1.units } }

    /// Adds to a part; a part that becomes zero is gone.
    mutating func add(_ units: Int64, to name: String) {
        guard units != 0 else { return }
        guard let index = entries.firstIndex(where: { !precedes($0.name, name) }) else {
            entries.append(Entry(name: name, units: units))
            return
        }
        guard entries[index].name.hasSameBytes(as: name) else {
            entries.insert(Entry(name: name, units: units), at: index)
            return
        }
        entries[index].units += units
        if entries[index].units == 0 { entries.remove(at: index) }
    }

    /// The parts as they are `ticks` later.
    func decayed(by table: DecayTable, over ticks: Int64) -> Ledger {
        guard ticks > 0 else { return self }
        var result = self
        for index in result.entries.indices {
            result.entries[index].units = table.decay(entries[index].units, over: ticks)
        }
        result.entries.removeAll { $0.units == 0 }
        return result
    }
}

/// Whether one name is before another by its UTF-8 bytes, which is the order of its code points.
func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}
