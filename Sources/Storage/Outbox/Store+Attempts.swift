package import Domain
import PostgresClient

/// An input that is part of a chain of near-duplicates.
package struct ChainedInput: Hashable, Sendable {
    /// The input and its answer.
    package let entry: HistoryEntry
    /// The chain: the sequence number of its first image.
    package let campaign: Int64
}

/// Which of a model's inputs are asked for.
package struct InputSelection: Hashable, Sendable {
    package let model: ModelID
    /// One user's only; nil for all.
    package var user: UserID?
    /// One chain's only; nil for all.
    package var campaign: Int64?
    /// Only those of users and chains whose alert was found to be an attack.
    package var isConfirmed = false
    /// The earliest event time; nil for any.
    package var since: Timestamp?
    /// The event time before which they came; nil for any.
    package var until: Timestamp?

    /// All of a model's.
    package init(model: ModelID) { self.model = model }
}

extension Store {
    /// Inputs that the history still holds and that belong to a chain, oldest first, a page of them.
    ///
    /// - Parameters:
    ///   - selection: which.
    ///   - sequence: those up to it are left out.
    ///   - limit: how many at most.
    /// - Returns: the page; empty after the last.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func chainedInputs(
        _ selection: InputSelection,
        after sequence: Int64,
        limit: Int = 500
    ) async throws(StorageError) -> [ChainedInput] {
        let columns = HistoryEntry.columns.dropFirst(2).map { "h.\($0)" }.joined(separator: ", ")
        let chain = "coalesce(o.campaign, r.campaign, c.id)"
        return try await storing {
            try await session.query(
                """
                select \(unsafeSQL: columns), \(unsafeSQL: chain) from riskd.history_image h
                join riskd.observation o on o.model = h.model and o.sequence = h.sequence
                left join riskd.observation r on r.sequence = o.repeat_of
                left join riskd.campaign c on c.model = o.model and c.id = coalesce(o.repeat_of, o.sequence)
                where h.model = \(selection.model.name) and h.sequence > \(sequence)
                    and (\(selection.user?.name) is null or h.user_name = \(selection.user?.name))
                    and (\(selection.campaign) is null or \(unsafeSQL: chain) = \(selection.campaign))
                    and (not \(selection.isConfirmed) or exists (
                        select from riskd.alert a where a.model = h.model and a.verdict = 'attack'
                            and (a.subject_kind = 'user' and a.name = h.user_name
                                or a.subject_kind = 'campaign' and a.name = (\(unsafeSQL: chain))::text)))
                    and h.time >= coalesce(\(selection.since?.postgres), '-infinity')
                    and h.time < coalesce(\(selection.until?.postgres), 'infinity')
                    and \(unsafeSQL: chain) is not null
                order by h.sequence limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                let entry = try HistoryEntry(&fields)
                return ChainedInput(entry: entry, campaign: try fields.next())
            }
        }
    }

    /// One of a model's inputs, where the history still holds it.
    ///
    /// - Parameters:
    ///   - sequence: its number.
    ///   - model: whose.
    /// - Returns: the input; nil when it is forgotten.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func input(_ sequence: Int64, of model: ModelID) async throws(StorageError) -> HistoryEntry? {
        try await history(of: model, from: sequence, limit: 1).first { $0.sequence == sequence }
    }
}
