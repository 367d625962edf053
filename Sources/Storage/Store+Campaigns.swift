package import Domain
import PostgresClient

/// What an image's observation says of its place in a chain.
package struct StoredLink: Hashable, Sendable {
    /// The observation.
    package let sequence: Int64
    /// The first record with the same image; itself where it is no repeat.
    package let first: Int64
    /// The campaign that the image is part of, as its first image, as a member, or as a repeat of one of these.
    package let campaign: Int64?
}

extension Store {
    /// The links of a stretch of a model's observations; those that go on with nothing are left out.
    ///
    /// - Parameters:
    ///   - model: whose.
    ///   - sequences: which observations.
    /// - Returns: the links, by sequence number.
    /// - Throws: `StorageError.database`.
    package func links(
        of model: ModelID,
        in sequences: ClosedRange<Int64>
    ) async throws(StorageError) -> [Int64: StoredLink] {
        try await storing {
            let rows = try await session.query(
                """
                select o.sequence, coalesce(o.repeat_of, o.sequence), coalesce(o.campaign, r.campaign, c.id)
                from riskd.observation o
                left join riskd.observation r on r.sequence = o.repeat_of
                left join riskd.campaign c on c.model = o.model and c.id = coalesce(o.repeat_of, o.sequence)
                where o.model = \(model.name) and o.sequence between \(sequences.lowerBound)
                    and \(sequences.upperBound)
                    and (o.campaign is not null or o.repeat_of is not null or c.id is not null)
                """
            )
            var links: [Int64: StoredLink] = [:]
            for row in rows {
                var fields = row.fields
                let link = StoredLink(
                    sequence: try fields.next(),
                    first: try fields.next(),
                    campaign: try fields.next()
                )
                links[link.sequence] = link
            }
            return links
        }
    }

    /// A model's campaigns that an image joined at or after a time, ordered by number.
    ///
    /// - Parameters:
    ///   - model: whose.
    ///   - time: the earliest event time of a last member.
    /// - Returns: the campaigns.
    /// - Throws: `StorageError.database`.
    package func campaigns(
        of model: ModelID,
        joinedSince time: Timestamp
    ) async throws(StorageError) -> [Campaign] {
        try await storing {
            try await session.query(
                """
                select id, label, class_index, peak, last_sequence, last_joined, members from riskd.campaign
                where model = \(model.name) and last_joined >= \(time.postgres) order by id
                """
            ).map { row in
                var fields = row.fields
                return try Campaign.read(&fields)
            }
        }
    }

    static func write(
        _ session: isolated PostgresSession,
        _ campaigns: [Campaign],
        of model: ModelID
    ) throws {
        for campaign in campaigns {
            try session.run(
                """
                insert into riskd.campaign (model, id, label, class_index, peak, last_sequence, last_joined, members)
                values (\(model.name), \(campaign.id), \(campaign.label), \(campaign.classIndex.map(Int64.init)),
                    \(campaign.peak), \(campaign.lastSequence), \(campaign.lastJoined.postgres),
                    \(campaign.members))
                on conflict (model, id) do update set peak = excluded.peak,
                    last_sequence = excluded.last_sequence, last_joined = excluded.last_joined,
                    members = excluded.members
                """
            )
        }
    }
}

extension Campaign {
    /// Reads seven columns: number, class, its place, peak, last member, its time, members.
    static func read(_ fields: inout PostgresFields) throws -> Campaign {
        Campaign(
            id: try fields.next(),
            label: try fields.next(),
            classIndex: try fields.next(),
            peak: try fields.next(),
            lastSequence: try fields.next(),
            lastJoined: Timestamp(try fields.next(PostgresTimestamp.self)),
            members: try fields.next()
        )
    }
}

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
    /// The campaigns of a period, ordered by model and number.
    ///
    /// - Parameters:
    ///   - id: one number only; nil for all.
    ///   - model: one model only; nil for all.
    ///   - since: those whose last member is earlier are left out.
    ///   - until: those whose first image is not earlier are left out.
    /// - Returns: the campaigns.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func campaigns(
        id: Int64? = nil,
        model: ModelID? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil
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
                    where s.entity_kind = 'campaign' and s.model = c.model and s.user_name = c.id::text
                ) as samples
                where (\(id) is null or c.id = \(id)) and (\(model?.name) is null or c.model = \(model?.name))
                    and c.last_joined >= coalesce(\(since?.postgres), '-infinity')
                    and f.time < coalesce(\(until?.postgres), 'infinity')
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

    /// The observations of a campaign's first image and its members, in order; without images.
    ///
    /// - Parameters:
    ///   - campaign: the campaign's number.
    ///   - model: whose.
    ///   - limit: how many at most.
    /// - Returns: the observations.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func chain(
        of campaign: Int64,
        model: ModelID,
        limit: Int
    ) async throws(StorageError) -> [Observation] {
        try await storing {
            let columns = Observation.columns.joined(separator: ", ")
            return try await session.query(
                """
                select \(unsafeSQL: columns) from riskd.observation
                where model = \(model.name) and (campaign = \(campaign) or sequence = \(campaign))
                order by sequence limit \(limit)
                """
            ).map(Observation.init)
        }
    }
}
