import Domain
import Runtime

@testable import HTTPAPI
@testable import HTTPServer

/// An API whose handlers say which operation they are, with a caller for every role: the token `viewer` is a viewer's.
struct Stage {
    let service: APIService
    let hub = EventHub(mostReaders: 100)

    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    init(_ settings: APIService.Settings = .generous, handlers: [Operation: APIService.Handler] = [:]) {
        var all: [Operation: APIService.Handler] = [:]
        for operation in Operation.allCases {
            all[operation] = { .json(["operation": operation.rawValue, "actor": $0.actor]) }
        }
        all.merge(handlers) { $1 }
        service = APIService(
            settings,
            APIService.Foundation(
                handlers: all,
                authority: Authority(
                    caller: { Role(rawValue: $0).map { Self.caller($0, .token) } },
                    sessionCaller: { cookie in
                        Role(rawValue: cookie).map {
                            Self.caller($0, .session(hash: Array(cookie.utf8), csrfToken: "csrf-\(cookie)"))
                        }
                    }
                ),
                hub: hub,
                backlog: { _, _ in nil },
                failure: { _ in .defect },
                now: { Self.now }
            ),
            log: Log(threshold: .error) { _ in }
        )
    }

    private static func caller(_ role: Role, _ means: Caller.Means) -> Caller {
        let number = Int64(Role.allCases.firstIndex(of: role) ?? 0)
        return Caller(
            token: number,
            name: role.rawValue,
            roles: [role],
            expires: now + .seconds(3600),
            means: means
        )
    }

    /// The answer to a request; a stream's is 200.
    func ask(
        _ method: String,
        _ path: String,
        query: [(name: String, value: String)] = [],
        as role: Role? = nil,
        headers: [String: String] = [:],
        from peer: String = "192.0.2.1",
        at local: LocalPeer? = nil,
        body: String? = nil
    ) async -> HTTPResponse {
        var fields = headers
        if let role { fields["authorization"] = "Bearer \(role.rawValue)" }
        if body != nil, fields["content-type"] == nil { fields["content-type"] = "application/json" }
        let request = HTTPRequest(
            method: method,
            path: path,
            query: query,
            headers: fields,
            body: Array((body ?? "").utf8),
            peer: peer,
            local: local
        )
        return await service.response(to: request, HTTPReply()) ?? HTTPResponse(status: 200)
    }
}

extension APIService.Settings {
    /// Without bounds on rates.
    static var generous: APIService.Settings {
        var settings = APIService.Settings()
        settings.requestsPerMinute = 1_000_000
        settings.signInsPerMinute = 1_000_000
        return settings
    }
}

extension HTTPResponse {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The first header of a name.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

extension Route {
    /// A path of this route with something in the place of its arguments.
    var example: String {
        "/"
            + path.map { part in
                switch part {
                case "{entity}": "campaign%3Afashion%2F1"
                case "{alert}": "01J6Q7R8S9TAVBWCXDYEZF0G1H"
                default: part.hasPrefix("{") ? "1" : part
                }
            }.joined(separator: "/")
    }
}
