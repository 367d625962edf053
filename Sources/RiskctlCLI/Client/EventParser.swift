import Runtime

/// An event of riskd's stream.
struct StreamedEvent: Hashable, Sendable {
    /// By which a reader that was cut off goes on.
    var id: String?
    /// Such as `level`; `message` where none was said.
    var name: String
    /// As it came.
    var data: String

    /// The data as JSON; null when it is none.
    var value: JSONValue { (try? JSONValue(parsing: data.utf8)) ?? .null }
}

/// Takes a stream of server-sent events apart, as the HTML standard says (9.2.6), however its bytes are cut.
struct EventParser {
    /// The last id that was told, with an event or alone.
    private(set) var lastID: String?
    private var line: [UInt8] = []
    private var endedWithReturn = false
    private var isFirstLine = true
    private var event = StreamedEvent(id: nil, name: "", data: "")
    private var hasData = false

    /// The most of one line that is kept, in bytes: riskd's are far shorter.
    private static let mostBytes = 16 << 20

    /// Takes bytes; gives the events that they complete.
    mutating func parse(_ bytes: [UInt8]) -> [StreamedEvent] {
        var events: [StreamedEvent] = []
        for byte in bytes {
            let isSecondHalf = endedWithReturn && byte == 0x0A
            endedWithReturn = byte == 0x0D
            if isSecondHalf { continue }
            if byte == 0x0A || byte == 0x0D {
                if let event = take() { events.append(event) }
            } else if line.count < Self.mostBytes {
                line.append(byte)
            }
        }
        return events
    }

    private mutating func take() -> StreamedEvent? {
        var text = String(decoding: line, as: UTF8.self)
        line = []
        if isFirstLine, text.first == "\u{FEFF}" { text.removeFirst() }
        isFirstLine = false
        guard !text.isEmpty else { return dispatch() }
        let colon = text.firstIndex(of: ":")
        let field = colon.map { text[..<$0] } ?? text[...]
        var value = colon.map { text[text.index(after: $0)...] } ?? ""
        if value.first == " " { value = value.dropFirst() }
        switch field {
        case "event": event.name = String(value)
        case "data":
            event.data += (hasData ? "\n" : "") + value
            hasData = true
        case "id" where !value.contains("\0"):
            event.id = String(value)
            lastID = event.id
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> StreamedEvent? {
        defer {
            event = StreamedEvent(id: nil, name: "", data: "")
            hasData = false
        }
        guard hasData else { return nil }
        var finished = event
        if finished.name.isEmpty { finished.name = "message" }
        return finished
    }
}
