internal import CDashboard
import Crypto
import HTTPServer

/// The dashboard's files, which are part of the program: the page at `/` and at the addresses that it uses for itself, and
/// what it loads at `/assets/NAME`.
package struct PageRoutes: Sendable {
    private struct Asset {
        let type: String
        let tag: String
        let bytes: [UInt8]
    }

    /// The first parts of addresses at which the page is served, so that links into it work.
    package static let pages: Set<String> = [
        "", "login", "overview", "alerts", "entities", "series", "models", "campaigns", "detectors",
        "calibrations", "silences", "delivery", "audit", "tokens", "samples", "observations", "help",
    ]

    private let assets: [String: Asset]
    private let headers: [HTTPResponse.Header]

    init(_ headers: SecurityHeaders) {
        var assets: [String: Asset] = [:]
        for index in 0..<riskd_dashboard_count() {
            let file = riskd_dashboard(index)
            let name = String(cString: file.name)
            let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
            assets[name] = Asset(type: mediaType(of: name), tag: entityTag(bytes), bytes: bytes)
        }
        self.assets = assets
        self.headers = headers.ofPages
    }

    /// The answer to a request for a page or an asset; nil when it is for something else.
    func respond(to request: HTTPRequest) -> HTTPResponse? {
        guard let segments = request.segments, let first = segments.first else { return nil }
        let name: String
        if first == "assets", segments.count == 2 {
            name = segments[1]
        } else if Self.pages.contains(first) {
            name = "index.html"
        } else {
            return nil
        }
        guard ["GET", "HEAD"].contains(request.method) else {
            return APIFailure.methodNotAllowed(["GET", "HEAD"]).response
        }
        guard let asset = assets[name] else { return APIFailure.notFound("there is no such file").response }
        var headers = headers
        headers.append(.init("ETag", asset.tag))
        // Asked for again each time, and answered with 304: a new riskd must not meet old pages.
        headers.append(.init("Cache-Control", "no-cache"))
        if matches(request.headers["if-none-match"], asset.tag) {
            return HTTPResponse(status: 304, headers: headers)
        }
        headers.append(.init("Content-Type", asset.type))
        return HTTPResponse(status: 200, headers: headers, body: asset.bytes)
    }
}

/// A strong entity tag of some bytes.
func entityTag(_ bytes: [UInt8]) -> String { "\"\(sha256Hex(bytes).prefix(32))\"" }

/// Whether `If-None-Match` names a tag.
func matches(_ header: String?, _ tag: String) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { part in
        var name = part.drop { $0 == " " }
        while name.last == " " { name.removeLast() }
        return name == "*" || (name.hasPrefix("W/") ? name.dropFirst(2) : name) == tag
    }
}

private func mediaType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "json", "webmanifest": "application/json"
    case "woff2": "font/woff2"
    case "txt": "text/plain; charset=utf-8"
    default: "application/octet-stream"
    }
}
