import Domain
import HTTPAPI
import Storage

extension RequestHandlers {
    func samples(_ call: APICall) async throws -> APIAnswer {
        guard let entity = try call.entity("entity") else {
            throw APIFailure.invalid("entity", "is required")
        }
        let bounds = try bounds(call, "samples")
        let page = try await readers.lend { try await $0.samplePage(of: entity, bounds) }
        let last = page.count == bounds.limit ? page.last?.sample.id : nil
        return .json(
            PageDocument(items: page.map(SampleDocument.init), next: last.map { Cursor("samples", $0).text })
        )
    }

    func sample(_ call: APICall) async throws -> APIAnswer {
        let id = try call.number(argument: "sample")
        return .json(SampleDocument(try await readers.lend { try await Self.sample(id, $0) }))
    }

    private static func sample(_ id: Int64, _ store: Store) async throws -> StoredSample {
        guard let sample = try await store.sample(id) else {
            throw APIFailure.notFound("there is no sample \(id)")
        }
        return sample
    }

    func explanation(_ call: APICall) async throws -> APIAnswer {
        let id = try call.number(argument: "sample")
        let most = 1000
        return try await readers.lend { store in
            let stored = try await Self.sample(id, store)
            let (entity, tick) = (stored.sample.entity, stored.sample.tick)
            let queries =
                entity == .global
                ? [] : try await store.keptObservations(of: entity, tick: tick, limit: most + 1)
            return .json(
                ExplanationDocument(
                    sample: SampleDocument(stored),
                    queries: queries.prefix(most).map(ObservationDocument.init),
                    truncated: queries.count > most
                )
            )
        }
    }

    func observations(_ call: APICall) async throws -> APIAnswer {
        let entity = try call.entity("entity")
        let rung = Int(try call.integer("signal", 0...64) ?? 0)
        let bounds = try bounds(call, "observations")
        let page = try await readers.lend {
            try await $0.observationPage(of: entity, rung: rung, bounds)
        }
        return .json(
            PageDocument(
                items: page.items.map(ObservationDocument.init),
                next: page.stopped.map { Cursor("observations", $0).text }
            )
        )
    }

    func observation(_ call: APICall) async throws -> APIAnswer {
        let sequence = try call.number(argument: "observation")
        let kept = try await readers.lend { try await $0.keptObservation(sequence) }
        guard let kept else { throw APIFailure.notFound("there is no observation \(sequence)") }
        return .json(ObservationDocument(kept))
    }

    func campaigns(_ call: APICall) async throws -> APIAnswer {
        let model = try call.model()
        let asked = try bounds(call, "campaigns")
        let found = try await readers.lend { store in
            let ids = try await store.campaignNumbers(of: model, asked)
            return try await store.campaigns(ids: ids).sorted { $0.campaign.id > $1.campaign.id }
        }
        let last = found.count == asked.limit ? found.last?.campaign.id : nil
        return .json(
            PageDocument(
                items: found.map(CampaignDocument.init),
                next: last.map { Cursor("campaigns", $0).text }
            )
        )
    }

    private static func campaign(_ entity: Entity, _ store: Store) async throws -> StoredCampaign {
        guard case .campaign(let id, let model) = entity else {
            throw APIFailure.invalid("entity", "must be campaign:MODEL/NUMBER")
        }
        guard let found = try await store.campaigns(ids: [id], model: model).first else {
            throw APIFailure.notFound("there is no campaign \(entity)")
        }
        return found
    }

    func campaign(_ call: APICall) async throws -> APIAnswer {
        let entity = try call.entity(argument: "entity")
        return try await readers.lend { store in
            let found = try await Self.campaign(entity, store)
            let users = try await store.accounts(of: found.campaign.id, model: found.model, limit: 1000)
            return .json(CampaignDetailDocument(campaign: CampaignDocument(found), users: users))
        }
    }

    func campaignChain(_ call: APICall) async throws -> APIAnswer {
        let entity = try call.entity(argument: "entity")
        let (limit, after) = (try call.limit(), try call.number(ofCursor: "chain"))
        return try await readers.lend { store in
            _ = try await Self.campaign(entity, store)
            return .json(try await Self.chain(of: entity, 0...0, after: after, limit, store))
        }
    }

    /// A page of the chain of a user or a campaign.
    static func chain(
        of entity: Entity,
        _ ticks: ClosedRange<Int64>,
        after sequence: Int64?,
        _ limit: Int,
        _ store: Store
    ) async throws -> PageDocument<ChainStepDocument> {
        let page = try await store.chainPage(of: entity, ticks: ticks, after: sequence ?? 0, limit: limit)
        let last = page.count == limit ? page.last?.observation.sequence : nil
        return PageDocument(
            items: page.map { ChainStepDocument($0, in: entity) },
            next: last.map { Cursor("chain", $0).text }
        )
    }

    /// The period, the place and the length of a page by number.
    func bounds(_ call: APICall, _ list: String) throws(APIFailure) -> PageBounds {
        PageBounds(
            since: try call.time("since"),
            until: try call.time("until"),
            after: try call.number(ofCursor: list),
            limit: try call.limit()
        )
    }
}
