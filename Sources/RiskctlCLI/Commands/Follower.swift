import Console
import Runtime

/// Writes a list, and then what changes in it, until the task is cancelled.
struct Follower {
    private let session: Session
    private let listing: Listing
    private let query: Query

    init(_ session: Session, _ listing: Listing, _ query: Query) {
        self.session = session
        self.listing = listing
        self.query = query
    }

    func run() async throws {
        guard session.invocation.value("limit") != nil || !session.invocation.has("all") else {
            throw UsageError("--watch and --all exclude each other")
        }
        let writer = Shared(RowWriter(listing, on: session.terminal, as: session.format))
        let feed = EventFeed(client: session.client) { session.terminal.note($0) }
        let limit = try session.limit()
        switch listing.growth {
        case .changes(let events, let keys, let state):
            let known = Shared([[JSONValue]: JSONValue]())
            @Sendable func look() async throws {
                let items =
                    listing.isPaged
                    ? try await session.client.list(listing.path, query, limit: limit).items
                    : try await session.client.get(listing.path, query)["items"].elements
                let changed = known.withLock { known in
                    items.filter { item in
                        let (name, state) = (keys.map { item[$0] }, state(item))
                        defer { known[name] = state }
                        return known[name] != state
                    }
                }
                writer.withLock { $0.write(changed) }
            }
            try await feed.forEach { event in
                if events.union([EventFeed.opened, "reset"]).contains(event.name) { try await look() }
                return true
            }
        case .appends(let number):
            let last = Shared<Int64?>(nil)
            @Sendable func look() async throws {
                let known = last.withLock { $0 }
                let items = try await newest(after: known, number, limit: limit ?? 100)
                // Before anything was there, everything that comes is new.
                last.withLock { $0 = items.first?.at(number).integer ?? known ?? 0 }
                writer.withLock { $0.write(items.reversed()) }
            }
            // A tick is told every two seconds.
            try await feed.forEach { event in
                if event.name == "tick" || event.name == EventFeed.opened { try await look() }
                return true
            }
        }
    }

    /// Items with a number above `last`, newest first; the newest ones where nothing is known yet.
    private func newest(after last: Int64?, _ number: String, limit: Int) async throws -> [JSONValue] {
        guard let last else { return try await session.client.list(listing.path, query, limit: limit).items }
        var (items, query) = ([JSONValue](), query)
        query["limit"] = String(RiskdClient.mostPerPage)
        while true {
            let page = try await session.client.get(listing.path, query)
            let fresh = page["items"].elements.filter { ($0.at(number).integer ?? 0) > last }
            items += fresh
            guard fresh.count == page["items"].elements.count, let next = page["next"].string else {
                return items
            }
            query["cursor"] = next
        }
    }
}
