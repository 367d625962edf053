/// What models are called whose logged names say more than which model it is: a pod, a revision, a replica.
package struct ModelNames: Hashable, Sendable {
    /// A name, and which logged names it stands for.
    package struct Rule: Hashable, Sendable {
        /// What the model is called.
        package let name: String
        /// Of logged names; `*` is any number of characters.
        package let pattern: String

        package init(name: String, pattern: String) {
            self.name = name
            self.pattern = pattern
        }
    }

    private let rules: [Rule]

    /// Rules, of which the first that fits counts.
    package init(_ rules: [Rule] = []) { self.rules = rules }

    /// What a model is called: its logged name where no rule fits.
    package func name(of logged: String) -> String {
        rules.first { matches($0.pattern, logged) }?.name ?? logged
    }
}

/// Whether a text is what a pattern says: `*` is any number of characters, everything else itself.
package func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
    let bytes = Array(text.utf8)
    guard let first = parts.first, let last = parts.last else { return bytes.isEmpty }
    guard parts.count > 1 else { return bytes == first }
    guard bytes.count >= first.count + last.count, bytes.starts(with: first),
        bytes.reversed().starts(with: last.reversed())
    else { return false }
    var place = first.count
    let end = bytes.count - last.count
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
        // The leftmost place leaves the most for the parts after it.
        guard place + part.count <= end,
            let found = (place...(end - part.count)).first(where: {
                bytes[$0..<$0 + part.count].elementsEqual(part)
            })
        else { return false }
        place = found + part.count
    }
    return place <= end
}
