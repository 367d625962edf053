import Domain
import HTTPAPI
import Storage

extension RequestHandlers {
    func auditActions(_ call: APICall) async throws -> APIAnswer {
        let actor = try call.text("actor")
        let (since, until) = (try call.time("since"), try call.time("until"))
        let limit = try call.limit()
        let place = try call.cursor(of: "actions", count: 3).map { key throws(APIFailure) in
            guard let time = Int64(key[0]), let number = Int64(key[2]) else {
                throw .unprocessable("cursor", "is no cursor of this list")
            }
            return AuditPlace(time: Timestamp(milliseconds: time), source: key[1], number: number)
        }
        let page = try await readers.lend {
            try await $0.auditLog(of: actor, since: since, until: until, after: place, limit: limit)
        }
        let last = page.count == limit ? page.last?.place : nil
        return .json(
            PageDocument(
                items: page.map { AuditActionDocument($0.place, $0.entry) },
                next: last.map {
                    Cursor("actions", [String($0.time.milliseconds), $0.source, String($0.number)]).text
                }
            )
        )
    }

    func auditReads(_ call: APICall) async throws -> APIAnswer {
        let actor = try call.text("actor")
        let observation = try call.integer("observation", 1...Int64.max)
        let bounds = try bounds(call, "reads")
        let page = try await readers.lend {
            try await $0.imageReads(
                by: actor,
                of: observation,
                since: bounds.since,
                until: bounds.until,
                before: bounds.after,
                limit: bounds.limit
            )
        }
        let last = page.count == bounds.limit ? page.last?.number : nil
        return .json(
            PageDocument(
                items: page.map { ReadDocument($0.number, $0.read) },
                next: last.map { Cursor("reads", $0).text }
            )
        )
    }
}
