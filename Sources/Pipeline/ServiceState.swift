package import Domain
package import Runtime

/// What a riskd that runs knows of how it does: readiness, gauges, the strip above every page and the detectors' report
/// are made of this, and of nothing that was written for a scraper.
package struct ServiceState: Hashable, Sendable {
    /// What a round of reading found of the sources.
    package struct Sources: Hashable, Sendable {
        /// Whether every source has been read to its end.
        package var isCaughtUp: Bool
        /// Files that are there and cannot be read.
        package var unreadable: Int
        /// Entries of `ingest.paths` that lead to no file.
        package var unfitPaths: Int
        /// Bytes that have not been read yet, 0 or more; nil where it is not known how many there are.
        package var lagBytes: Int64?

        /// A finding; see the properties.
        package init(isCaughtUp: Bool, unreadable: Int = 0, unfitPaths: Int = 0, lagBytes: Int64? = nil) {
            self.isCaughtUp = isCaughtUp
            self.unreadable = unreadable
            self.unfitPaths = unfitPaths
            self.lagBytes = lagBytes
        }
    }

    /// A second opinion on a model.
    package struct Opinion: Hashable, Sendable, Comparable {
        /// Who is judged.
        package let model: ModelID
        /// Such as `opinion.encoder`.
        package let detector: DetectorID

        /// An opinion on `model`.
        package init(_ detector: DetectorID, on model: ModelID) {
            self.model = model
            self.detector = detector
        }

        package static func < (left: Opinion, right: Opinion) -> Bool {
            (left.model, left.detector) < (right.model, right.detector)
        }
    }

    /// Whether the database answered last; nil before it was asked.
    package var databaseAnswers: Bool?
    /// Whether a batch is tried again and again; nil before the first was written.
    package var commitsFail: Bool?
    /// What the last round of reading found; nil before the first.
    package var sources: Sources?
    /// How many sources have each trouble with their clocks.
    package var untimely: [SourceWatch.Trouble: Int] = [:]
    /// How far the last record that was ahead was ahead; nil: none was.
    package var lead: Duration?
    /// Whether an opinion signals more ordinary records than it was calibrated to; none where it is not watched.
    package var isDrifting: [Opinion: Bool] = [:]
    /// Second opinions that could not be formed since the start, by the opinion's name in the configuration.
    package var opinionFailures: [String: Int64] = [:]

    /// The state of a service that has done nothing yet.
    package init() {}

    /// Why the service is not ready, a sentence each; empty when it is.
    ///
    /// It is not before it knows that the database answers. Paths that lead to no file, records that come late and
    /// opinions that drift are no reason: another server, or a restart, would do no better.
    package var unreadiness: [String] {
        var reasons: [String] = []
        if databaseAnswers != true { reasons.append("the database does not answer") }
        reasons += troubles(more: "; the log names them")
        return reasons
    }

    /// Why what is shown may be old or in part, a sentence each; the database has just been asked, so it says for itself
    /// whether it answers.
    package var staleness: [String] {
        var reasons = troubles(more: "")
        if let count = sources?.unfitPaths, count > 0 {
            reasons.append("\(count) of ingest.paths lead to no file; riskd check names them")
        }
        return reasons
    }

    /// What is wrong with the clocks of sources, a sentence for each trouble.
    package var clockTroubles: [String] {
        SourceWatch.Trouble.allCases.compactMap { trouble in
            guard let count = untimely[trouble], count > 0 else { return nil }
            return trouble.reason(count, lead: trouble == .late ? nil : lead?.inSeconds)
        }
    }

    private func troubles(more: String) -> [String] {
        var reasons: [String] = []
        if commitsFail == true { reasons.append("the database takes no batch") }
        if let count = sources?.unreadable, count > 0 {
            reasons.append("\(count) sources cannot be read\(more)")
        }
        return reasons
    }
}

/// Keeps the state of the service and shows it to scrapers.
///
/// May be used by several threads at once.
package final class ServiceBoard: Sendable {
    private let current = Locked(ServiceState())
    private let metrics: Metrics

    /// A board.
    ///
    /// - Parameter metrics: gets a gauge for each part of the state that is known.
    package init(_ metrics: Metrics) { self.metrics = metrics }

    /// The state as it is now.
    package var state: ServiceState { current.withLock { $0 } }

    /// Changes the state.
    ///
    /// - Parameter change: made at once; changes come one after the other, and gauges in their order.
    package func update(_ change: (inout ServiceState) -> Void) {
        current.withLock { state in
            change(&state)
            show(state)
        }
    }

    private func show(_ state: ServiceState) {
        if let isUp = state.databaseAnswers { metrics.set("riskd_database_up", to: isUp ? 1 : 0) }
        if let isFailing = state.commitsFail { metrics.set("riskd_commits_failing", to: isFailing ? 1 : 0) }
        if let sources = state.sources {
            metrics.set("riskd_sources_unfit", to: Double(sources.unfitPaths))
            metrics.set("riskd_ingest_caught_up", to: sources.isCaughtUp ? 1 : 0)
            metrics.set("riskd_sources_unreadable", to: Double(sources.unreadable))
            if let bytes = sources.lagBytes { metrics.set("riskd_ingest_lag_bytes", to: Double(bytes)) }
        }
        for (trouble, count) in state.untimely {
            metrics.set("riskd_sources_untimely", ["kind": trouble.rawValue], to: Double(count))
        }
        if let lead = state.lead { metrics.set("riskd_time_lead_seconds", to: lead.inSeconds) }
        for (opinion, isDrifting) in state.isDrifting {
            metrics.set(
                "riskd_opinion_drifting",
                ["model": opinion.model.name, "detector": opinion.detector.name],
                to: isDrifting ? 1 : 0
            )
        }
    }
}
