import Domain
import PostgresClient

/// The campaigns that a batch's records joined.
struct CampaignRows: Sendable {
    private static let columns = [
        "model", "id", "label", "class_index", "peak", "last_sequence", "last_joined", "members",
    ]
    private var rows = CopyRows()

    init(_ campaigns: [ModelID: [Campaign]]) {
        for (model, campaigns) in campaigns.sorted(by: { $0.key < $1.key }) {
            for campaign in campaigns {
                rows.append { row in
                    row.text(model.name)
                    row.int8(campaign.id)
                    row.text(campaign.label)
                    row.optional(campaign.classIndex) { $0.int4($1) }
                    row.float8(campaign.peak)
                    row.int8(campaign.lastSequence)
                    row.time(campaign.lastJoined)
                    row.int8(campaign.members)
                }
            }
        }
    }

    /// Writes new campaigns, and how far old ones have come; through a temporary table, as COPY cannot do that.
    func upsert(_ session: isolated PostgresSession) throws {
        guard !rows.isEmpty else { return }
        try session.execute(
            unsafeSQL: """
                create temporary table if not exists campaign_batch (like riskd.campaign) on commit delete rows
                """
        )
        try session.copy(into: "campaign_batch", columns: Self.columns, rows: rows)
        try session.execute(
            unsafeSQL: """
                insert into riskd.campaign select * from campaign_batch
                on conflict (model, id) do update set peak = excluded.peak,
                    last_sequence = excluded.last_sequence, last_joined = excluded.last_joined,
                    members = excluded.members
                """
        )
    }
}
