package import Domain
import Foundation
import Ingest

/// Writes a recorded log into a growing file as if it were happening now.
package struct TracePlayer: Sendable {
    /// How many times faster than recorded.
    package let speed: Double
    /// When the first record happens.
    package let start: Timestamp

    /// A player.
    ///
    /// - Parameters:
    ///   - speed: how many times faster than recorded; above 0.
    ///   - start: when the first record happens.
    /// - Precondition: `speed > 0`.
    package init(speed: Double, start: Timestamp) {
        precondition(speed > 0)
        self.speed = speed
        self.start = start
    }

    /// When a record happens in the play.
    ///
    /// - Parameters:
    ///   - recorded: its recorded time.
    ///   - first: the first record's recorded time.
    /// - Returns: `start` plus the recorded distance, shortened by `speed`.
    package func playedTime(of recorded: Timestamp, first: Timestamp) -> Timestamp {
        let distance = Double(recorded.milliseconds - first.milliseconds) / speed
        return Timestamp(milliseconds: start.milliseconds + Int64(distance.rounded(.down)))
    }

    /// The line with another time; everything else stays as it is, byte for byte.
    ///
    /// - Parameters:
    ///   - line: one record, without its line feed.
    ///   - first: the first record's recorded time; nil when this is the first.
    /// - Returns: the new line, its recorded and its new time; nil when the line has no readable `time`.
    package func rewritten(
        _ line: [UInt8],
        first: Timestamp?
    ) -> (line: [UInt8], recorded: Timestamp, played: Timestamp)? {
        guard let range = timeValue(in: line),
            let recorded = Timestamp(rfc3339: String(decoding: line[range], as: UTF8.self))
        else { return nil }
        let played = playedTime(of: recorded, first: first ?? recorded)
        var result = line
        result.replaceSubrange(range, with: Array(played.description.utf8))
        return (result, recorded, played)
    }
}
