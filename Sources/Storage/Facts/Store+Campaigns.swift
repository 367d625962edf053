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
