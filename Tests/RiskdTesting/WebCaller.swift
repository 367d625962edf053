/// Somebody who asks a riskd's API on the loopback address.
package struct WebCaller: Sendable {
    /// An answer.
    package struct Answer: Sendable {
        package let status: Int
        /// By lower-case name; of several the last.
        package let headers: [String: String]
        package let body: [UInt8]

        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Where riskd listens.
    package let port: UInt16
    /// Sent with every request.
    package var headers: [String: String]

    /// Somebody.
    ///
    /// - Parameters:
    ///   - port: where riskd listens.
    ///   - token: what they present; nil: nothing.
    package init(port: UInt16, token: String? = nil) {
        self.port = port
        headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
    }

    /// Asks.
    ///
    /// - Parameters:
    ///   - method: such as `GET`.
    ///   - path: with its query, encoded.
    ///   - more: further headers.
    ///   - json: the body.
    /// - Returns: the answer; status 0 when there is none.
    package func ask(
        _ method: String,
        _ path: String,
        headers more: [String: String] = [:],
        json: String? = nil
    ) -> Answer {
        let request = text(method, path, more, json)
        let bytes = Probe.exchange(request, port: port) ?? []
        return Self.answer(bytes)
    }

    /// Listens to a stream until a text has come.
    ///
    /// - Parameters:
    ///   - path: with its query, encoded.
    ///   - more: further headers.
    ///   - end: the text; the stream is given up after ten seconds of silence.
    /// - Returns: all that came, head and chunks.
    package func listen(_ path: String, headers more: [String: String] = [:], until end: String) -> String {
        let marker = Array(end.utf8)
        let bytes = Probe.exchange(text("GET", path, more, nil), port: port) { bytes in
            bytes.count >= marker.count && String(decoding: bytes, as: UTF8.self).contains(end)
        }
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    private func text(_ method: String, _ path: String, _ more: [String: String], _ json: String?) -> String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"]
        for (name, value) in headers.merging(more, uniquingKeysWith: { $1 }) {
            lines.append("\(name): \(value)")
        }
        if let json {
            lines.append("Content-Type: application/json")
            lines.append("Content-Length: \(json.utf8.count)")
        }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (json ?? "")
    }

    private static func answer(_ bytes: [UInt8]) -> Answer {
        let separator = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4,
            let end = (0...bytes.count - 4).first(where: { bytes[$0..<$0 + 4].elementsEqual(separator) })
        else { return Answer(status: 0, headers: [:], body: []) }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, headers: headers, body: Array(bytes[(end + 4)...]))
    }
}
