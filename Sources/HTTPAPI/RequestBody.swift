/// The members of a body, each of which must be expected and right.
package struct RequestBody: Sendable {
    private let members: [String: JSONNode]

    init(_ node: JSONNode) throws(APIFailure) {
        guard case .object(let members) = node else { throw .invalid("", "the body must be an object") }
        self.members = members
    }

    /// Refuses members that nobody asks for.
    ///
    /// - Parameter names: those that are known.
    /// - Throws: `APIFailure.invalid`.
    package func allow(only names: String...) throws(APIFailure) {
        let faults = members.keys.filter { !names.contains($0) }.sorted().map {
            APIFailure.Fault($0, "is not known here")
        }
        guard faults.isEmpty else { throw .invalid(faults) }
    }

    /// A text.
    ///
    /// - Parameters:
    ///   - name: the member.
    ///   - length: how many characters (Unicode scalars) it may have.
    /// - Returns: the text; nil when the member is missing.
    /// - Throws: `APIFailure.invalid`.
    package func text(_ name: String, length: ClosedRange<Int>) throws(APIFailure) -> String? {
        guard let node = members[name] else { return nil }
        return try checked(node, name, length)
    }

    /// A text that must be there.
    package func required(_ name: String, length: ClosedRange<Int>) throws(APIFailure) -> String {
        guard let text = try text(name, length: length) else { throw .invalid(name, "is required") }
        return text
    }

    /// Texts that must be there.
    package func texts(
        _ name: String,
        count: ClosedRange<Int>,
        length: ClosedRange<Int>
    ) throws(APIFailure) -> [String] {
        guard let node = members[name] else { throw .invalid(name, "is required") }
        guard case .list(let nodes) = node else { throw .invalid(name, "must be a list") }
        guard count.contains(nodes.count) else {
            throw .invalid(name, "must have \(count.lowerBound) to \(count.upperBound) items")
        }
        var texts: [String] = []
        for node in nodes { texts.append(try checked(node, name, length)) }
        return texts
    }

    /// A whole number.
    package func integer(_ name: String, _ range: ClosedRange<Int>) throws(APIFailure) -> Int? {
        guard let node = members[name] else { return nil }
        guard case .number(let number) = node, let value = Int(exactly: number), range.contains(value) else {
            throw .invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Yes or no.
    package func flag(_ name: String) throws(APIFailure) -> Bool? {
        guard let node = members[name] else { return nil }
        guard case .bool(let flag) = node else { throw .invalid(name, "must be true or false") }
        return flag
    }

    private func checked(
        _ node: JSONNode,
        _ name: String,
        _ length: ClosedRange<Int>
    ) throws(APIFailure) -> String {
        guard case .text(let text) = node else { throw .invalid(name, "must be a text") }
        try text.check(name, length)
        return text
    }
}

extension String {
    /// Refuses a text that is too short, too long, or holds NUL, which PostgreSQL cannot keep.
    func check(_ field: String, _ length: ClosedRange<Int>) throws(APIFailure) {
        guard length.contains(unicodeScalars.count) else {
            throw .invalid(field, "must have \(length.lowerBound) to \(length.upperBound) characters")
        }
        guard !unicodeScalars.contains("\0") else { throw .invalid(field, "must not hold NUL") }
    }
}
