package import Domain
import PostgresClient

/// A campaign with what its records and samples say of it.
package struct StoredCampaign: Hashable, Sendable {
    /// Which model's.
    package let model: ModelID
    /// How far it has come.
    package let campaign: Campaign
    /// When its first image was served.
    package let first: Timestamp
    /// How many accounts sent its images.
    package let accounts: Int64
    /// How many exact repeats of its images there were, which are no members.
    package let repeats: Int64
    /// The highest level that it reached; nil: uncalibrated, or no tick of it is closed yet.
    package let level: Level?
    /// The highest score that it reached, in milli-points.
    package let score: Int64
}

extension Store {
    /// Campaigns, ordered by model and number.
    ///
    /// - Parameters:
    ///   - ids: these numbers only; nil for all.
    ///   - model: one model only; nil for all.
    /// - Returns: the campaigns.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func campaigns(
        ids: [Int64]? = nil,
        model: ModelID? = nil
    ) async throws(StorageError) -> [StoredCampaign] {
        try await storing {
            try await session.query(
                """
                select c.id, c.label, c.class_index, c.peak, c.last_sequence, c.last_joined, c.members, c.model,
                    f.time, images.accounts, images.repeats, samples.level, coalesce(samples.score, 0)
                from riskd.campaign c
                join riskd.observation f on f.sequence = c.id
                cross join lateral (
                    select count(distinct o.user_name) as accounts, (
                        select count(*) from riskd.observation r
                        where r.model = c.model and (r.repeat_of = c.id or r.repeat_of in (
                            select m.sequence from riskd.observation m where m.model = c.model and m.campaign = c.id
                        ))
                    ) as repeats
                    from riskd.observation o
                    where o.model = c.model and o.campaign = c.id or o.sequence = c.id
                ) as images
                cross join lateral (
                    select max(s.level) as level, max(s.score) as score from riskd.sample s
                    where s.entity_kind = 'campaign' and s.model = c.model and s.entity_name = c.id::text
                ) as samples
                where (\(ids == nil) or c.id = any(\(ids ?? []))) and (\(model?.name) is null or c.model = \(model?.name))
                order by c.model, c.id
                """
            ).map { row in
                var fields = row.fields
                let campaign = try Campaign.read(&fields)
                return StoredCampaign(
                    model: ModelID(try fields.next()),
                    campaign: campaign,
                    first: Timestamp(try fields.next(PostgresTimestamp.self)),
                    accounts: try fields.next(),
                    repeats: try fields.next(),
                    level: try fields.next(Int?.self).map { try Level(stored: $0) },
                    score: try fields.next()
                )
            }
        }
    }
}
