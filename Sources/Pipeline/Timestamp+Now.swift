package import Domain
import Runtime

extension Timestamp {
    /// The wall clock's time.
    package static var now: Timestamp { Timestamp(milliseconds: WallClock.milliseconds) }
}
