/// A user's name that has to go, and the pseudonym that stands in its place.
package struct NameReplacement: Hashable, Sendable {
    package let name: UserID
    /// What stands in its place; nothing of the name can be learnt from it.
    package let pseudonym: UserID

    package init(_ name: UserID, by pseudonym: UserID) {
        self.name = name
        self.pseudonym = pseudonym
    }

    /// The entity under its new name.
    package func entity(_ entity: Entity) -> Entity {
        if case .user(name, let model) = entity { .user(pseudonym, model: model) } else { entity }
    }

    /// A part of a roll-up's explanation under its new name; detectors' names stay.
    package func contribution(_ part: Contribution) -> Contribution {
        guard let entity = Entity(part.name), entity.user == name else { return part }
        return Contribution(name: self.entity(entity).description, milliPoints: part.milliPoints)
    }

    /// A text for people in which the name is replaced where it stands as a word of its own.
    ///
    /// - Parameter text: any.
    /// - Returns: the text; longer names that hold this one stay as they are.
    package func text(_ text: String) -> String {
        let (bytes, needle) = (Array(text.utf8), Array(name.name.utf8))
        guard !needle.isEmpty, bytes.count >= needle.count else { return text }
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let end = place + needle.count
            if end <= bytes.count, bytes[place..<end].elementsEqual(needle),
                isFree(bytes[..<place].last), endsWord(bytes[end...])
            {
                result += Array(pseudonym.name.utf8)
                place = end
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func isFree(_ before: UInt8?) -> Bool {
        before.map { !isWord($0) && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "@") } ?? true
    }

    /// A dot or an at sign ends a word unless another begins behind it, as in an address.
    private func endsWord(_ rest: ArraySlice<UInt8>) -> Bool {
        guard let next = rest.first else { return true }
        guard next == UInt8(ascii: ".") || next == UInt8(ascii: "@") else { return !isWord(next) }
        return rest.dropFirst().first.map { !isWord($0) } ?? true
    }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension NameReplacement {
    /// A label of a group of alerts.
    package func label(_ label: AlertLabel) -> AlertLabel {
        label.name == "entity" && label.value == name.name ? AlertLabel("entity", pseudonym.name) : label
    }

    /// The key of a group of alerts, such as `{}:{entity="u-4711"}`.
    package func groupKey(_ key: String) -> String {
        let value = name.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return key.replacing("entity=\"\(value)\"", with: "entity=\"\(pseudonym)\"")
    }
}
