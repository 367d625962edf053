import Foundation

/// An event of the stream.
package struct ServerEvent: Sendable {
    /// By which a reader that was cut off goes on; nil: it is not told again.
    package let id: String?
    /// Its name, such as `level`.
    package let name: String
    /// The lines that are sent.
    let bytes: [UInt8]

    /// An event.
    ///
    /// - Parameters:
    ///   - id: without line breaks.
    ///   - name: without line breaks.
    ///   - data: becomes one line of JSON.
    /// - Throws: what encoding threw.
    package init(id: String?, name: String, data: some Encodable) throws {
        self.id = id
        self.name = name
        var text = id.map { "id: \($0)\n" } ?? ""
        text += "event: \(name)\ndata: "
        bytes = Array(text.utf8) + (try DocumentEncoder.encode(data)) + Array("\n\n".utf8)
    }
}

/// How documents become JSON.
enum DocumentEncoder {
    static func encode(_ document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document))
    }
}
