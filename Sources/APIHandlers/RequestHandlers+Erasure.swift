import Domain
import HTTPAPI
import Pipeline
import Storage

/// People's names are taken out: asked for here, done by the pipeline.
extension RequestHandlers {
    func eraseUser(_ call: APICall) async throws -> APIAnswer {
        let body = try call.body()
        try body.allow(only: "user", "reason")
        let user = UserID(logged: try body.required("user", length: 1...16_384))
        let reason = try body.required("reason", length: 1...1024)
        let (isKnown, obstacle) = try await readers.lend {
            (try await $0.knows(user), try await $0.obstacle(toErasing: user))
        }
        guard isKnown else { throw APIFailure.notFound("nothing is known of that user") }
        if let obstacle { throw APIFailure.conflict(obstacle) }
        let erasure = try await writers.lend { store in
            let number = try await store.requestErasure(
                of: user,
                reason: reason,
                by: call.actor,
                from: call.address,
                at: call.now
            )
            return try await store.erasure(number)
        }
        guard let erasure else { throw APIFailure.defect }
        return .created(ErasureDocument(erasure))
    }

    func erasure(_ call: APICall) async throws -> APIAnswer {
        let number = try call.number(argument: "erasure")
        guard let erasure = try await readers.lend({ try await $0.erasure(number) }) else {
            throw APIFailure.notFound("there is no erasure \(number)")
        }
        return .json(ErasureDocument(erasure))
    }
}

struct ErasureDocument: Encodable, Sendable {
    struct Count: Encodable, Sendable {
        let dataset: String
        let rows: Int64
    }

    let erasure: Int64
    let state: String
    let requestedAt: String
    let requestedBy: String
    let doneAt: String?
    let pseudonym: String
    let refusal: String?
    let rows: [Count]

    init(_ erasure: Erasure) {
        self.erasure = erasure.number
        state = erasure.done == nil ? "waiting" : erasure.refusal == nil ? "done" : "refused"
        requestedAt = erasure.requested.description
        requestedBy = erasure.actor
        doneAt = erasure.done?.description
        pseudonym = erasure.pseudonym.name
        refusal = erasure.refusal
        rows = erasure.rows.map { Count(dataset: $0.dataset, rows: $0.rows) }
    }
}
