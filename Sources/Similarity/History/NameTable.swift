internal import Domain

/// Names as small numbers, and how many images carry each.
struct NameTable<Name: Hashable> {
    private var numbers: [Name: UInt32] = [:]
    private var names: [Name?] = []
    private var counts: [Int32] = []
    private var free: [UInt32] = []
    /// Numbers whose count fell to 0 since the last ``sweep()``.
    private var unused: [UInt32] = []

    /// Counts one more image of `name`.
    ///
    /// - Parameter name: a name.
    /// - Returns: its number.
    mutating func add(_ name: Name) -> UInt32 {
        if let number = numbers[name] {
            counts[Int(number)] += 1
            return number
        }
        let number = free.popLast() ?? UInt32(names.count)
        if Int(number) == names.count {
            names.append(nil)
            counts.append(0)
        }
        names[Int(number)] = name
        counts[Int(number)] = 1
        numbers[name] = number
        return number
    }

    /// Counts one image less; the number stays valid until ``sweep()``.
    mutating func remove(_ number: UInt32) {
        counts[Int(number)] -= 1
        if counts[Int(number)] == 0 { unused.append(number) }
    }

    /// How many images carry the name.
    func count(_ name: Name) -> Int { numbers[name].map { Int(counts[Int($0)]) } ?? 0 }

    func name(_ number: UInt32) -> Name { self[number] }

    /// A name to look at, without a copy of it.
    subscript(number: UInt32) -> Name {
        _read {
            guard let name = names[Int(number)] else { preconditionFailure("a name that no image carries") }
            yield name
        }
    }

    /// Forgets names that no image carries, and returns their numbers, which may be given again.
    mutating func sweep() -> [UInt32] {
        let gone = Set(unused).filter { counts[Int($0)] == 0 }.sorted()
        for number in gone {
            if let name = names[Int(number)] { numbers[name] = nil }
            names[Int(number)] = nil
        }
        unused = []
        free += gone
        return gone
    }
}

/// A label as its bytes are (no two spellings are the same), with its class' index.
struct LabelName: Hashable {
    let text: String
    /// -1 where there is none.
    let index: Int32

    init(_ prediction: Prediction) {
        text = prediction.label
        index = prediction.labelIndex.map { Int32(truncatingIfNeeded: $0) } ?? -1
    }

    func hasSameText(as other: Self) -> Bool { text.hasSameBytes(as: other.text) }

    static func == (left: Self, right: Self) -> Bool {
        left.index == right.index && left.hasSameText(as: right)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(text)
        hasher.combine(index)
    }
}
