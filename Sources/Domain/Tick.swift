/// One scoring interval of the grid: `floor(milliseconds / tick length)`.
package struct Tick: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The interval's number; tick 0 starts at the Unix epoch.
    package var index: Int64

    /// The interval with number `index`.
    package init(_ index: Int64) { self.index = index }

    package static func < (left: Tick, right: Tick) -> Bool { left.index < right.index }

    package var description: String { String(index) }
}
