package import Domain
import HTTPServer
import Runtime

/// Tells everybody who listens what happens.
///
/// A reader is a stream and a few words of memory; the events of a moment are encoded once for all of them.
package final class EventHub: Sendable {
    private struct Reader {
        let stream: HTTPStream
        let caller: Caller
        let ends: Timestamp
        /// Events that came while older ones were still being looked up; nil: it is up to date.
        var waiting: [UInt8]?
    }

    private struct State {
        var readers: [Int: Reader] = [:]
        var lastReader = 0
        /// Up to where everything was told.
        var place = ""
        /// The last event that is not told again, which says how things are now.
        var latest: [UInt8] = []
    }

    private let state = Locked(State())
    private let mostReaders: Int
    /// How long a stream lasts: whoever reads on must show again that they may.
    private static let longest = Duration.seconds(600)

    /// A hub without readers.
    ///
    /// - Parameter mostReaders: at once.
    package init(mostReaders: Int) { self.mostReaders = mostReaders }

    /// How many read.
    package var count: Int { state.withLock { $0.readers.count } }

    /// Tells everybody.
    ///
    /// - Parameters:
    ///   - events: in order.
    ///   - place: up to where everything is told with these.
    ///   - now: the wall clock.
    package func tell(_ events: [ServerEvent], place: String, now: Timestamp) {
        let bytes = events.flatMap(\.bytes)
        state.withLock { state in
            state.place = place
            if let last = events.last(where: { $0.id == nil }) { state.latest = last.bytes }
            for (id, var reader) in state.readers {
                if now >= reader.ends || reader.stream.isGone {
                    reader.stream.finish()
                    state.readers[id] = nil
                } else if reader.waiting != nil {
                    reader.waiting?.append(contentsOf: bytes)
                    state.readers[id] = reader
                } else if !bytes.isEmpty {
                    reader.stream.write(bytes)
                }
            }
        }
    }

    /// Ends the streams of a token that works no longer.
    package func end(token: Int64) { end { $0.token == token } }

    /// Ends the streams of a session that is over.
    package func end(session: [UInt8]) {
        end { if case .session(session, _) = $0.means { true } else { false } }
    }

    private func end(_ isMeant: @Sendable (Caller) -> Bool) {
        state.withLock { state in
            for (id, reader) in state.readers where isMeant(reader.caller) {
                reader.stream.finish()
                state.readers[id] = nil
            }
        }
    }

    /// Lets somebody read.
    ///
    /// - Parameters:
    ///   - reply: the place of the answer.
    ///   - headers: of the answer.
    ///   - caller: who.
    ///   - now: the wall clock.
    ///   - id: after which event; nil: from now on.
    ///   - backlog: looks up what happened between two events; nil when that cannot be told.
    /// - Throws: `APIFailure.tooMany`.
    func add(
        _ reply: HTTPReply,
        _ headers: [HTTPResponse.Header],
        _ caller: Caller,
        now: Timestamp,
        after id: String?,
        backlog: @Sendable (_ after: String, _ through: String) async -> [ServerEvent]?
    ) async throws(APIFailure) {
        let ends = min(now + Self.longest, caller.expires ?? now + Self.longest)
        let begun: (number: Int, place: String)? = state.withLock { state in
            guard state.readers.count < mostReaders else { return nil }
            state.lastReader += 1
            let stream = reply.stream(headers)
            // Comments open the stream through what buffers on the way.
            // An id alone is no event, but tells whoever is cut off before the first one where to go on.
            let place = id == nil && !state.place.isEmpty ? "id: \(state.place)\n\n" : ""
            stream.write(Array(": riskd\nretry: 2000\n\n\(place)".utf8) + state.latest)
            state.readers[state.lastReader] = Reader(
                stream: stream,
                caller: caller,
                ends: ends,
                waiting: id == nil ? nil : []
            )
            return (state.lastReader, state.place)
        }
        guard let begun else { throw .tooMany(retryAfter: 10) }
        guard let id else { return }
        let missed = id == begun.place ? [] : await backlog(id, begun.place)
        state.withLock { state in
            guard var reader = state.readers[begun.number] else { return }
            let older = missed.map { $0.flatMap(\.bytes) } ?? Array("event: reset\ndata: {}\n\n".utf8)
            reader.stream.write(older + (reader.waiting ?? []))
            reader.waiting = nil
            state.readers[begun.number] = reader
        }
    }
}
