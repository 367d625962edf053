import Crypto
import Foundation

/// Where a page of a list ended, in a form that callers hand back as it is.
package struct Cursor: Hashable, Sendable {
    /// Which list, and in which order.
    package let list: String
    /// The last item's key.
    package let key: [String]

    package init(_ list: String, _ key: [String]) {
        self.list = list
        self.key = key
    }

    /// A cursor whose key is one number.
    package init(_ list: String, _ number: Int64) { self.init(list, [String(number)]) }

    /// The opaque text.
    package var text: String {
        let json = try? JSONEncoder().encode([list] + key)
        return base64url(json.map(Array.init) ?? [])
    }

    init?(_ text: String) {
        guard let bytes = bytes(base64url: text),
            let words = try? JSONDecoder().decode([String].self, from: Data(bytes)), let list = words.first
        else { return nil }
        self.init(list, Array(words.dropFirst()))
    }
}
