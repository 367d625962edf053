package import Configuration
package import Coverage
package import Domain
package import Storage

/// How much of what is logged can be seen, as the last commit left it.
package struct CoverageReport: Sendable {
    /// Sources and models, by kind and name.
    package let rows: [CoverageRow]
    /// Accounts most of whose lines cannot be used, those with the most first.
    package let accounts: [AccountLines]

    /// Reads the report.
    ///
    /// - Parameters:
    ///   - store: a database that is up to date.
    ///   - configuration: which accounts are listed.
    /// - Throws: `StorageError`.
    package init(_ store: Store, _ configuration: Configuration.Coverage) async throws(StorageError) {
        let watch = CoverageWatch(
            CoverageSettings(configuration),
            try (try await store.coverage()).state()
        )
        rows = watch.rows.values.sorted { $0.key < $1.key }
        accounts = watch.accounts.suspicious(
            limit: configuration.accounts,
            least: Int64(configuration.least),
            share: CoverageRule(bound: configuration.accountShare).bound
        )
    }

    /// Why riskd is blind for something, a sentence each.
    package var reasons: [String] { rows.flatMap(\.reasons) }

    /// Why a detector says nothing of a model's records, or of too few; nil where it is not so.
    ///
    /// - Parameters:
    ///   - detector: such as `opinion.encoder` or `similarity.user.descent`.
    ///   - model: whose.
    /// - Returns: figures, cause and what to do.
    package func blindness(of detector: DetectorID, _ model: ModelID) -> String? {
        guard let row = rows.first(where: { $0.key == .model(model) }) else { return nil }
        let measure: CoverageMeasure =
            detector.isOpinion ? .missing(detector) : .uncompared
        return row.told.contains(measure) ? row.text(measure) : nil
    }
}

extension AccountLines {
    /// The share of its lines that cannot be used, from 0 to 1.
    package var share: Double { Double(certain) / Double(max(1, certain + used)) }

    /// In words.
    package var text: String {
        """
        the account \(user.name): \(certain) of \(certain + used) lines cannot be used (the last: \(reason)); \
        riskd sees little or nothing of what it does
        """
    }
}
