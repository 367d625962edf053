import Domain
import Runtime

@testable import Configuration
@testable import HTTPAPI
@testable import HTTPServer
@testable import Ingest

/// What is fed with bytes that nobody has looked at: `make fuzz` makes them up, ``RegressionTests`` feeds those again that once
/// broke something.
enum Fuzzed: String, CaseIterable {
    /// Bytes of a log, as they arrive.
    case lines
    /// A line of a log.
    case record
    /// The text of an image or vector.
    case base64
    /// An image or vector of any shape and type.
    case image
    /// A configuration file.
    case yaml
    /// A request to the API: head and body.
    case request

    /// Something that must hold and does not.
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    /// Feeds one input.
    ///
    /// - Parameter bytes: any.
    /// - Throws: `Broken`; a crash says the rest.
    func feed(_ bytes: [UInt8]) throws(Broken) {
        switch self {
        case .lines: try feedLines(bytes)
        case .record: try feedRecord(bytes)
        case .base64: try feedBase64(bytes)
        case .image: try feedImage(bytes)
        case .yaml: feedYAML(bytes)
        case .request: feedRequest(bytes)
        }
    }
}

private func hold(_ condition: Bool, _ text: @autoclosure () -> String) throws(Fuzzed.Broken) {
    guard condition else { throw Fuzzed.Broken(description: text()) }
}

// MARK: Lines

/// The first two bytes choose the limit and the pieces; lines are the same however they arrive, and across restarts.
private func feedLines(_ bytes: [UInt8]) throws(Fuzzed.Broken) {
    guard bytes.count >= 2 else { return }
    let limit = Int(bytes[0]) + 1
    let text = Array(bytes.dropFirst(2))
    let whole = pieces(of: text, limit: limit, size: max(1, text.count), restarts: false)
    let size = Int(bytes[1] & 0x3F) + 1
    let cut = pieces(of: text, limit: limit, size: size, restarts: bytes[1] & 0x80 != 0)
    try hold(whole == cut, "lines in pieces of \(size): \(cut), not \(whole)")
    for piece in whole {
        guard case .line(let offset, let line) = piece else { continue }
        try hold(line.count <= limit, "a line of \(line.count) beyond \(limit)")
        try hold(!line.contains(10), "a line feed in a line")
        try hold(offset >= 0 && Int(offset) + line.count <= text.count, "a line beyond the end")
    }
}

private func pieces(of text: [UInt8], limit: Int, size: Int, restarts: Bool) -> [LineSplitter.Piece] {
    var splitter = LineSplitter(maximumLineBytes: limit)
    var pieces: [LineSplitter.Piece] = []
    var start = 0
    while start < text.count {
        let before = start
        start = min(text.count, before + size)
        text[before..<start].withUnsafeBytes { splitter.append($0) }
        while let piece = splitter.next() { pieces.append(piece) }
        guard restarts else { continue }
        let position = splitter.position()
        let offset = Int(position.offset)
        // No progress is made where a whole line is longer than a piece.
        guard offset > before else { continue }
        splitter = LineSplitter(
            maximumLineBytes: limit,
            position: position,
            prefix: Array(text[..<offset].prefix(LineSplitter.guardLength)),
            tail: Array(text[max(0, offset - position.guardLength)..<offset])
        )
        start = offset
    }
    if let rest = splitter.finish() { pieces.append(rest) }
    return pieces
}

// MARK: Records

private let decoder = RecordDecoder()

private func feedRecord(_ bytes: [UInt8]) throws(Fuzzed.Broken) {
    let first = decoder.decode(bytes)
    // Another parser, whose buffers hold nothing.
    try hold(first == RecordDecoder().decode(bytes), "a line is not read twice alike")
    guard case .record(let record) = first else { return }
    try check(record)
}

private func check(_ record: Record) throws(Fuzzed.Broken) {
    for name in [record.user.name, record.model.name, record.id.name, record.prediction.label] {
        try hold((1...512).contains(name.utf8.count), "a name of \(name.utf8.count) bytes")
        try hold(!name.utf8.contains(0), "NUL in a name")
    }
    let prediction = record.prediction
    try hold((0...1).contains(prediction.probability), "a probability of \(prediction.probability)")
    for probability in prediction.probabilities ?? [] {
        try hold((0...1).contains(probability), "a probability of \(probability)")
    }
    if let image = record.image {
        try hold(image.pixels.count == image.shape.count, "an image of another size than its shape")
    }
    for value in record.features ?? [] { try hold(value.isFinite, "a feature of \(value)") }
}

/// The first bytes choose shape and type, the rest are what is encoded; now and then not quite.
private func feedImage(_ bytes: [UInt8]) throws(Fuzzed.Broken) {
    guard bytes.count >= 5 else { return }
    let lengths = bytes[0..<Int(bytes[4] % 4)].map { $0 > 250 ? "-\($0)" : "\(Int($0) % 40)" }
    let types = ["uint8", "float32", "float16", "float64", "uint16", "int8", "bool", ""]
    let type = types[Int(bytes[4] >> 2) % types.count]
    let range = bytes[4] & 0x80 == 0 ? "" : #","range":[\#(Int(bytes[0]) - 128),\#(Int(bytes[1]))]"#
    let data = base64(Array(bytes.dropFirst(5)))
    let tensor =
        #"{"shape":[\#(lengths.joined(separator: ","))],"dtype":"\#(type)"\#(range),"data":"\#(data)"}"#
    for field in ["input", "features"] {
        let line = """
            {"time":"2026-03-02T08:00:00Z","model":"m","user":"u","prediction":{"class":"a","probability":0.5},\
            "\(field)":\(tensor)}
            """
        guard case .record(let record) = decoder.decode(Array(line.utf8)) else {
            throw Fuzzed.Broken(description: "a record is lost by its \(field): \(line)")
        }
        try check(record)
        guard type == "uint8", field == "input", let image = record.image else { continue }
        try hold(image.pixels == Array(bytes.dropFirst(5)), "other pixels than were sent")
    }
}

// MARK: Base64

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

private func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let three = bytes[start..<min(bytes.count, start + 3)]
        let bits = three.enumerated().reduce(0) { $0 | Int($1.element) << (16 - 8 * $1.offset) }
        for place in 0..<4 {
            text.append(place <= three.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// What is decoded is what its own text is decoded to (the last digit may have bits that nobody needs); what encodes is decoded.
private func feedBase64(_ bytes: [UInt8]) throws(Fuzzed.Broken) {
    // As the room does: only whole groups of four are handed over.
    let text = Array(bytes.prefix(bytes.count / 4 * 4))
    if let decoded = decodedBase64(text) {
        try hold(decodedBase64(Array(base64(decoded).utf8)) == decoded, "other bytes than its own text's")
    }
    try hold(decodedBase64(Array(base64(bytes).utf8)) == bytes, "what was encoded is not decoded")
}

private func decodedBase64(_ text: [UInt8]) -> [UInt8]? {
    text.withUnsafeBytes { base64Bytes($0.bindMemory(to: CChar.self)) }
}

// MARK: Configuration and requests

private func feedYAML(_ bytes: [UInt8]) {
    let surroundings = Configuration.Surroundings(currentDirectory: "/nowhere")
    do throws(ConfigurationError) {
        _ = try Configuration.parse(bytes, file: "fuzz.yaml", surroundings: surroundings)
    } catch {
        // Every problem can be told.
        _ = "\(error)"
    }
}

/// The first line is method, path and query; then headers; after an empty line the body.
private func feedRequest(_ bytes: [UInt8]) {
    let parts = String(decoding: bytes, as: UTF8.self).split(
        separator: "\n",
        omittingEmptySubsequences: false
    )
    let words = (parts.first ?? "").split(separator: " ")
    let head = parts.dropFirst().prefix { !$0.isEmpty }
    let pairs = head.map { line -> (name: String, value: String) in
        let colon = line.firstIndex(of: ":") ?? line.endIndex
        return (String(line[..<colon]), String(line[colon...].dropFirst()))
    }
    _ = framingFault(pairs)
    let target = (words.dropFirst().first ?? "/").split(separator: "?", maxSplits: 1)
    let query = (target.dropFirst().first ?? "").split(separator: "&").map { pair in
        let sides = pair.split(separator: "=", maxSplits: 1)
        return (name: String(sides.first ?? ""), value: String(sides.dropFirst().first ?? ""))
    }
    let bodyStart = parts.prefix(1 + head.count + 1).reduce(0) { $0 + $1.utf8.count + 1 }
    let request = HTTPRequest(
        method: String(words.first ?? "GET"),
        path: String(target.first ?? "/"),
        query: query,
        headers: fields(pairs),
        body: Array(bytes.dropFirst(bodyStart)),
        peer: "192.0.2.1"
    )
    if let segments = request.segments { _ = try? APIService.route(request.method, segments) }
    let proxies = NetworkRange("192.0.2.0/24").map { [$0] } ?? []
    for header in TrustedProxies.Header.allCases {
        _ = TrustedProxies(proxies, header: header).client(of: request)
    }
    _ = HostNames(listening: "127.0.0.1", names: ["riskd.example.org"]).admit(request.headers["host"])
    _ = request.headers["cookie"].map { APIService.sessionCookie($0) }
    let now = Timestamp(milliseconds: 1_800_000_000_000)
    let call = APICall(
        operation: .listEntities,
        caller: nil,
        address: request.peer,
        now: now,
        arguments: [:],
        query: request.query,
        parameters: request.parameters,
        headers: request.headers,
        node: try? JSONNode.parse(request.body)
    )
    _ = try? call.cursor(of: "entities", count: 2)
    _ = try? call.time("after")
    _ = try? call.entity("entity")
    _ = try? call.alert("alert")
    _ = try? call.limit()
    guard let body = try? call.body() else { return }
    _ = try? body.text("token", length: 1...256)
    _ = try? body.texts("roles", count: 1...6, length: 1...16)
    _ = try? body.integer("days", 1...365)
    _ = try? body.flag("all")
    _ = try? body.allow(only: "token", "roles", "days")
}
