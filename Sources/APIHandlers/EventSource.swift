import Domain
import HTTPAPI
import Pipeline
import Runtime
import Storage

/// Looks what has happened, and tells the hub.
struct EventSource: Sendable {
    private let requests: RequestHandlers
    private let hub: EventHub
    private let log: Log

    /// How often is looked; the heartbeat comes every second time.
    private static let pause = Duration.milliseconds(900)
    /// The most that is told again to a reader that was cut off.
    private static let mostMissed = 1000

    init(_ requests: RequestHandlers, _ hub: EventHub, log: Log) {
        self.requests = requests
        self.hub = hub
        self.log = log
    }

    /// Looks until the task is cancelled.
    func run() async {
        var place: EventPlace?
        var counts: ChangeCounts?
        var isFailing = false
        var round = 0
        while !Task.isCancelled {
            round += 1
            do {
                try await look(&place, &counts, isBeat: round % 2 == 0 || isFailing)
                isFailing = false
            } catch {
                if Task.isCancelled { return }
                if !isFailing { log.write(.warning, "events cannot be told: \(error)") }
                isFailing = true
                // The heartbeat goes on: a screen must learn that what it shows is stale.
                beat(nil, nil, openAlerts: 0, place: place)
            }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    private func look(
        _ place: inout EventPlace?,
        _ counts: inout ChangeCounts?,
        isBeat: Bool
    ) async throws {
        let known = place
        // Nobody reads: only the place is kept up to date.
        guard hub.count > 0, let known else {
            let (newest, changes) = try await requests.readers.lend {
                (try await $0.newestEvents(), try await $0.changeCounts())
            }
            (place, counts) = (newest, changes)
            hub.tell([], place: newest.text, now: .now)
            return
        }
        let (events, newest, changes) = try await requests.readers.lend { store in
            let newest = try await store.newestEvents()
            let events =
                newest == known
                ? [] : try await Self.events(after: known, through: newest, store, limit: 5000)
            return (events, newest, try await store.changeCounts())
        }
        let reset = try ServerEvent(id: newest.text, name: "reset", data: ChangeDocument())
        var told = events ?? [reset]
        if let counts, counts != changes {
            for (name, isChanged) in [
                ("silence", counts.silences != changes.silences),
                ("endpoint", counts.endpoints != changes.endpoints),
                ("calibration", counts.calibrations != changes.calibrations),
            ] where isChanged {
                told.append(try ServerEvent(id: newest.text, name: name, data: ChangeDocument()))
            }
        }
        hub.tell(told, place: newest.text, now: .now)
        (place, counts) = (newest, changes)
        guard isBeat else { return }
        let (freshness, alerts) = try await requests.readers.lend {
            (try await $0.freshness(), try await $0.alertCounts())
        }
        let open = alerts.filter { $0.state == .open }.reduce(0) { $0 + $1.count }
        beat(try await requests.standings.current(), freshness, openAlerts: open, place: newest)
    }

    private func beat(
        _ snapshot: Standings.Snapshot?,
        _ freshness: StoredFreshness?,
        openAlerts: Int,
        place: EventPlace?
    ) {
        let now = requests.now()
        let document = TickDocument(
            snapshot,
            requests.freshnessDocument(freshness, now: now),
            blind: requests.blindness(),
            openAlerts: openAlerts,
            now: now
        )
        guard let event = try? ServerEvent(id: nil, name: "tick", data: document) else { return }
        hub.tell([event], place: place?.text ?? "", now: now)
    }

    /// What happened between two events; nil when the first is none, or too much has happened.
    func backlog(after: String, through: String) async -> [ServerEvent]? {
        guard let first = EventPlace(text: after), let last = EventPlace(text: through) else { return nil }
        return try? await requests.readers.lend {
            try await Self.events(after: first, through: last, $0, limit: Self.mostMissed)
        }
    }

    /// Level changes, then alerts; nil when there are more than the limit.
    private static func events(
        after first: EventPlace,
        through last: EventPlace,
        _ store: Store,
        limit: Int
    ) async throws -> [ServerEvent]? {
        var events: [ServerEvent] = []
        if last.sample > first.sample {
            let changes = try await store.levelChanges(after: first.sample, limit: limit + 1)
                .filter { $0.change.sample <= last.sample }
            guard changes.count <= limit else { return nil }
            for stored in changes {
                let score = try await store.sample(stored.change.sample)?.sample.score
                let place = EventPlace(sample: stored.change.sample, notice: first.notice)
                events.append(
                    try ServerEvent(
                        id: place.text,
                        name: "level",
                        data: LevelChangeDocument(stored, score: score)
                    )
                )
            }
        }
        if last.notice > first.notice {
            let notices = try await store.notices(after: first.notice, limit: limit + 1)
                .map(\.notice).filter { $0.number <= last.notice }
            guard notices.count <= limit else { return nil }
            for notice in notices {
                guard let kind = notice.event else { continue }
                let place = EventPlace(sample: last.sample, notice: notice.number)
                let document = AlertChangeDocument(notice.snapshot, kind)
                events.append(try ServerEvent(id: place.text, name: "alert", data: document))
            }
        }
        return events
    }
}

extension EventPlace {
    /// As events name it: `12.34`.
    var text: String { "\(sample).\(notice)" }

    init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
        guard parts.count == 2, let sample = parts[0], let notice = parts[1], sample >= 0, notice >= 0 else {
            return nil
        }
        self.init(sample: sample, notice: notice)
    }
}
