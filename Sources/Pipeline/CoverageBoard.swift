package import Coverage
import Domain
package import Runtime

/// Says in the log when riskd becomes blind for something and when it sees again, and shows the probes what it is blind for.
package final class CoverageBoard: Sendable {
    private let log: Log
    private let shown = Locked<[String]>([])

    /// A board; the log is told of what begins and ends.
    package init(log: Log) { self.log = log }

    /// Why riskd is blind for something just now, a sentence each.
    package var reasons: [String] { shown.withLock { $0 } }

    /// Shows what a start begins with.
    package func begin(_ watch: CoverageWatch) { shown.withLock { $0 = watch.reasons } }

    /// Takes in a batch that is durable.
    package func add(_ batch: ScoredBatch) {
        shown.withLock { $0 = batch.blindReasons }
        for notice in batch.blindness {
            let change = notice.change
            let fields =
                switch change.blindness {
                case .lines(let key): [(key.kind, key.title)]
                case .detector(let detector, let key): [("detector", detector.name), (key.kind, key.title)]
                }
            write(change, fields)
        }
    }

    private func write(_ change: CoverageChange, _ fields: [(String, String)]) {
        let isDetector = if case .detector = change.blindness { true } else { false }
        let message =
            switch (change.isBlind, isDetector) {
            case (true, false): "riskd is blind for lines that are logged"
            case (true, true): "a detector says nothing of records that are logged"
            case (false, false): "riskd sees what is logged again"
            case (false, true): "a detector speaks again"
            }
        let level: Log.Priority = change.isBlind ? .error : .notice
        if fields.count == 1 {
            log.write(
                level,
                message,
                [fields[0].0: fields[0].1, "figures": change.text, "next": "riskctl get coverage"]
            )
        } else {
            log.write(
                level,
                message,
                [
                    fields[0].0: fields[0].1, fields[1].0: fields[1].1, "figures": change.text,
                    "next": "riskctl get coverage",
                ]
            )
        }
    }
}
