package import Domain
package import Runtime
package import Scoring
import Storage

/// How well the times of some records of one file fitted.
package struct Punctuality: Hashable, Sendable {
    package var records = 0
    /// Whose tick was closed already.
    package var late = 0
    /// Far ahead of the file's others, or of the clock.
    package var ahead = 0
    /// Refused because they are further ahead than `ingest.maximum_future`.
    package var refused = 0
    /// By how much the furthest was ahead.
    package var lead = Duration.zero

    package mutating func add(_ observation: Observation, _ place: EventProgress.Place) {
        records += 1
        if observation.isLate { late += 1 }
        guard place.isAhead else { return }
        ahead += 1
        lead = max(lead, place.lead)
    }

    mutating func refuse(_ lead: Duration) {
        records += 1
        refused += 1
        self.lead = max(self.lead, lead)
    }

    static func + (left: Punctuality, right: Punctuality) -> Punctuality {
        Punctuality(
            records: left.records + right.records,
            late: left.late + right.late,
            ahead: left.ahead + right.ahead,
            refused: left.refused + right.refused,
            lead: max(left.lead, right.lead)
        )
    }
}

/// Notices files of which more than a few per cent of the recent records come late, or from the future.
///
/// Its memory is of this process only, and changes no score. Times that do not fit are a sign of a clock that is wrong, or of
/// somebody who wants them to be; nobody should have to look for that.
package final class SourceWatch: Sendable {
    /// What is wrong with a file's times.
    package enum Trouble: String, CaseIterable, Sendable {
        /// Records come after their ticks were closed.
        case late
        /// Records are far ahead of the others.
        case ahead
        /// Records are refused because they are ahead of this host's clock.
        case refused
    }

    private struct Watched {
        /// The last full span and the one that is being filled: together the recent records.
        var before = Punctuality()
        var current = Punctuality()
        var troubles: Set<Trouble> = []

        var recent: Punctuality { before + current }
    }

    /// Records of a span.
    private static let span = 500
    /// Fewer records say nothing.
    private static let least = 20
    /// A share above the first is told; one below the second ends it.
    private static let (raised, cleared) = (0.05, 0.02)
    /// Files that are remembered at most; one that has not been read for longest goes first.
    private static let most = 1000

    private let files = Locked<(byPath: [String: Watched], order: [String])>(([:], []))
    private let log: Log
    private let service: ServiceBoard

    /// A watch that tells of what it sees.
    package init(log: Log, service: ServiceBoard) {
        self.log = log
        self.service = service
        service.update { $0.untimely = Dictionary(uniqueKeysWithValues: Trouble.allCases.map { ($0, 0) }) }
    }

    /// Takes in a batch that is durable.
    package func add(_ batch: ScoredBatch) {
        var news = batch.punctuality
        for record in batch.future {
            let lead = record.time.milliseconds - batch.commit.received.milliseconds
            news[record.path, default: Punctuality()].refuse(.milliseconds(lead))
        }
        guard !news.isEmpty else { return }
        let furthest = news.values.map(\.lead).max() ?? .zero
        files.withLock { files in
            for (path, part) in news.sorted(by: { $0.key < $1.key }) {
                if files.byPath[path] != nil { files.order.removeAll { $0 == path } }
                files.order.append(path)
                add(part, to: &files.byPath[path, default: Watched()], path)
            }
            while files.order.count > Self.most { files.byPath[files.order.removeFirst()] = nil }
            service.update { state in
                for trouble in Trouble.allCases {
                    state.untimely[trouble] = files.byPath.values.count { $0.troubles.contains(trouble) }
                }
                if furthest > .zero { state.lead = furthest }
            }
        }
    }

    private func add(_ part: Punctuality, to file: inout Watched, _ path: String) {
        file.current = file.current + part
        let recent = file.recent
        if recent.records >= Self.least {
            for trouble in Trouble.allCases { judge(trouble, recent, &file.troubles, path) }
        }
        guard file.current.records >= Self.span else { return }
        (file.before, file.current) = (file.current, Punctuality())
    }

    private func judge(_ trouble: Trouble, _ recent: Punctuality, _ known: inout Set<Trouble>, _ path: String)
    {
        let count =
            switch trouble {
            case .late: recent.late
            case .ahead: recent.ahead
            case .refused: recent.refused
            }
        let share = Double(count) / Double(recent.records)
        let lead = "\(Int(recent.lead.inSeconds.rounded())) s"
        if share > Self.raised, known.insert(trouble).inserted {
            log.write(
                trouble == .refused ? .error : .warning,
                Self.words(trouble),
                ["path": path, "count": "\(count)", "of": "\(recent.records)", "furthest_ahead": lead]
            )
        } else if share < Self.cleared, known.remove(trouble) != nil {
            log.write(.notice, "a source's times fit again", ["path": path, "was": trouble.rawValue])
        }
    }

    private static func words(_ trouble: Trouble) -> String {
        switch trouble {
        case .late:
            "many records of a source come late and count in the first open tick: a host's clock is slow, or scoring.lateness is too short"
        case .ahead:
            "many records of a source are ahead of its others, or of this host's clock: a clock is wrong"
        case .refused:
            "records of a source are refused (time_in_future): this host's clock is slow, or theirs is fast; compare the clocks, then play what was refused"
        }
    }
}

extension SourceWatch.Trouble {
    /// What a person is told of files with it.
    ///
    /// - Parameters:
    ///   - count: how many files.
    ///   - lead: how far the last of their records were ahead, in seconds.
    /// - Returns: a reason not to trust what is shown.
    package func reason(_ count: Int, lead: Double?) -> String {
        let files = count == 1 ? "a source" : "\(count) sources"
        let seen = lead.map { ", by up to \(Int($0.rounded())) s" } ?? ""
        return switch self {
        case .late: "many records of \(files) come late"
        case .ahead: "many records of \(files) are ahead of the others or of the clock\(seen)"
        case .refused: "records of \(files) are refused because they are ahead of this host's clock\(seen)"
        }
    }
}
