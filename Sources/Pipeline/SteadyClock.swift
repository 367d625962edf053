package import Domain
import Runtime

/// The wall clock as far as it can be believed: it goes on with the time that has passed, and does not jump ahead.
///
/// A wall clock that jumps ahead, by a person's hand or a time server's fault, would close ticks whose records are still to
/// come; there is no way back from that. So a jump ahead is followed only when it has lasted and records of several callers
/// say the same; a step back is followed at once, because nothing may be ahead of the clock.
///
/// A value; both clocks are arguments.
package struct SteadyClock: Sendable {
    /// What a look at the clocks came to.
    package struct Reading: Hashable, Sendable {
        /// What the wall clock says.
        let wall: Timestamp
        /// What may be believed; not later than ``wall``.
        let steady: Timestamp
        /// How far the wall clock has just stepped, back if negative; nil: it has not.
        let step: Duration?
    }

    /// What is followed without a word: time servers adjust by less, and a look takes a while.
    static let tolerance = Duration.seconds(2)
    /// How long a jump ahead has to last before records can confirm it.
    static let patience = Duration.seconds(60)

    /// The wall clock's time at an instant of the steady time from which both went on.
    private var anchor: (wall: Timestamp, instant: Duration)
    /// A jump ahead that is not followed: how far, and since when.
    private var jump: (by: Duration, since: Duration)?

    /// A clock.
    ///
    /// - Parameters:
    ///   - wall: the wall clock's time.
    ///   - instant: the steady time, from any origin; it goes on while the host sleeps.
    init(wall: Timestamp, instant: Duration) { anchor = (wall, instant) }

    /// Looks at the clocks.
    ///
    /// - Parameters:
    ///   - wall: the wall clock's time.
    ///   - instant: the steady time; not before the last look's.
    ///   - reached: how far the sources have come by what several callers agree on; nil: not known.
    /// - Returns: what can be believed.
    mutating func read(wall: Timestamp, instant: Duration, reached: Timestamp?) -> Reading {
        let expected = anchor.wall + (instant - anchor.instant)
        let ahead = Duration.milliseconds(wall.milliseconds - expected.milliseconds)
        if ahead <= Self.tolerance {
            let isBack = ahead < .zero - Self.tolerance
            jump = nil
            anchor = (wall, instant)
            return Reading(wall: wall, steady: wall, step: isBack ? ahead : nil)
        }
        let isNew = jump.map { $0.by - ahead > Self.tolerance || ahead - $0.by > Self.tolerance } ?? true
        if isNew { jump = (ahead, instant) }
        if let since = jump?.since, instant - since >= Self.patience, let reached,
            reached > expected + Self.tolerance
        {
            // Only as far as records say: what they do not confirm is waited for.
            let believed = min(wall, reached)
            anchor = (believed, instant)
            jump = nil
            return Reading(wall: wall, steady: believed, step: nil)
        }
        return Reading(wall: wall, steady: expected, step: isNew ? ahead : nil)
    }
}

/// The clocks of this host, or of a test.
package struct Clocks: Sendable {
    /// The time of day.
    package let wall: @Sendable () -> Timestamp
    /// The time that has passed since some instant, whatever is done to the time of day.
    package let instant: @Sendable () -> Duration

    package init(
        wall: @escaping @Sendable () -> Timestamp,
        instant: @escaping @Sendable () -> Duration
    ) {
        self.wall = wall
        self.instant = instant
    }

    /// This host's.
    package static var host: Clocks {
        let origin = ContinuousClock.now
        return Clocks(wall: { .now }, instant: { ContinuousClock.now - origin })
    }
}

/// One ``SteadyClock`` for as long as the process runs, whatever rounds its pipeline goes.
///
/// Everything that waits, expires or is deleted goes by it, not by the wall clock: a few seconds of a wrong year must not end
/// silences, disable endpoints, put a message off for years or delete what is kept.
package final class WatchedClock: Sendable {
    private let clocks: Clocks
    private let state: Locked<(steady: SteadyClock, reached: Timestamp?)>

    /// Begins to watch.
    package init(_ clocks: Clocks) {
        self.clocks = clocks
        state = Locked((SteadyClock(wall: clocks.wall(), instant: clocks.instant()), nil))
    }

    /// The time that has passed since some instant.
    var instant: Duration { clocks.instant() }

    /// What can be believed now, by how far the sources had come when the pipeline last looked.
    package var now: Timestamp {
        state.withLock { state in
            // A step that is seen here first is still told of by the pipeline.
            var steady = state.steady
            return steady.read(wall: clocks.wall(), instant: clocks.instant(), reached: state.reached).steady
        }
    }

    /// What can be believed now.
    ///
    /// - Parameter reached: how far the sources have come by what several callers agree on; nil: not known.
    /// - Returns: the reading.
    func read(reached: Timestamp?) -> SteadyClock.Reading {
        state.withLock { state in
            state.reached = reached
            return state.steady.read(wall: clocks.wall(), instant: clocks.instant(), reached: reached)
        }
    }
}

/// Ticks that were closed further than the clock says.
///
/// What is late counts in the next one, which the time of day would not close for as long. So it is closed when it has been open for as long as any other.
struct Overrun {
    /// When the first open tick began to wait.
    private var since: Duration?

    /// Says whether the first open tick is to be closed.
    ///
    /// - Parameters:
    ///   - isAhead: whether the watermark is later than the clock allows.
    ///   - instant: the steady time.
    ///   - pause: how long a tick is open.
    /// - Returns: whether the overrun has just been met, and whether a tick is to be closed.
    mutating func look(_ isAhead: Bool, at instant: Duration, pause: Duration) -> (isNew: Bool, isDue: Bool) {
        guard isAhead else {
            since = nil
            return (false, false)
        }
        guard let since else {
            self.since = instant
            return (true, false)
        }
        guard instant - since >= pause else { return (false, false) }
        self.since = instant
        return (false, true)
    }
}
