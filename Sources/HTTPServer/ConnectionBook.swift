/// Who holds a connection, for what, and since when: which one has to go when time or room is short.
///
/// A value without clock and sockets; times are seconds of one steady clock.
struct ConnectionBook {
    /// A connection's number, never used twice.
    typealias ID = UInt64

    /// What a connection is waited for.
    enum Phase: Hashable {
        /// Nothing complete has come yet.
        case firstHead
        /// It has been answered; the next head may come.
        case nextHead
        case body
        /// Its request is being answered, or a stream is read.
        case answer
        /// It has been answered, and reads.
        case reading
    }

    private struct Entry {
        let network: String?
        var phase = Phase.firstHead
        var since: Double
        /// Whether its last request was that of somebody with a session or a token.
        var isKnown = false
    }

    private let limits: HTTPServer.Limits
    private var entries: [ID: Entry] = [:]
    private var strangers: [String: Int] = [:]

    init(_ limits: HTTPServer.Limits) { self.limits = limits }

    /// Connections that are held.
    var count: Int { entries.count }

    /// Adds a connection, and says which others it takes the place of.
    ///
    /// - Parameters:
    ///   - id: larger than all before it.
    ///   - network: where it comes from; nil where all of the world may come from there, as from a proxy.
    ///   - now: the time.
    /// - Returns: connections to be closed.
    mutating func open(_ id: ID, from network: String?, now: Double) -> [ID] {
        var leaving: [ID] = []
        if let network, strangers[network, default: 0] >= limits.strangersPerNetwork {
            leaving += close(oldest { !$0.isKnown && $0.phase != .answer && $0.network == network })
        }
        if entries.values.count(where: { !$0.isKnown }) >= limits.connections - limits.kept {
            leaving += close(oldest { !$0.isKnown && $0.phase != .answer })
        }
        if entries.count >= limits.connections {
            leaving += close(oldest { $0.phase != .answer })
        }
        entries[id] = Entry(network: network, since: now)
        count(network, by: 1)
        return leaving
    }

    /// A connection is waited for something else.
    mutating func turn(_ id: ID, to phase: Phase, now: Double) {
        entries[id]?.phase = phase
        entries[id]?.since = now
    }

    /// A connection's request is that of somebody who may make it, or of somebody who is not known.
    mutating func note(_ id: ID, isKnown: Bool) {
        guard let entry = entries[id], entry.isKnown != isKnown else { return }
        entries[id]?.isKnown = isKnown
        count(entry.network, by: isKnown ? -1 : 1)
    }

    /// Forgets a connection.
    mutating func close(_ id: ID) { _ = close([id]) }

    /// Removes the connections whose time is over, to be closed.
    mutating func takeOverdue(now: Double) -> [ID] {
        close(entries.filter { now - $1.since >= patience($1) }.keys.sorted())
    }

    private func patience(_ entry: Entry) -> Double {
        switch entry.phase {
        case .firstHead: limits.headDeadline.seconds
        case .nextHead, .body: limits.timeout.seconds
        // Whoever is known may be on a slow line; what others get is small.
        case .reading: (entry.isKnown ? 20 : 4) * limits.timeout.seconds
        case .answer: .infinity
        }
    }

    private func oldest(_ isMeant: (Entry) -> Bool) -> [ID] {
        let found = entries.filter { isMeant($1) }.min { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
        return found.map { [$0.key] } ?? []
    }

    private mutating func close(_ ids: [ID]) -> [ID] {
        for id in ids {
            guard let entry = entries.removeValue(forKey: id), !entry.isKnown else { continue }
            count(entry.network, by: -1)
        }
        return ids
    }

    private mutating func count(_ network: String?, by step: Int) {
        guard let network else { return }
        let number = strangers[network, default: 0] + step
        strangers[network] = number > 0 ? number : nil
    }
}
