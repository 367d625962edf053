import Configuration
import Console
import Domain
import Runtime
import Storage

extension Command {
    /// `riskd campaigns`: chains of near-duplicates.
    static let campaigns = Command(
        "campaigns",
        "List the chains of near-duplicate images, whoever sent them, or show one of them",
        discussion: """
            Without CAMPAIGN: every campaign with the highest level and score that it reached, its members, the \
            accounts that sent its images, and the exact repeats, which are no members. With CAMPAIGN: its images in \
            order, each with its nearest earlier one and the probability that the answer gave to the class of the \
            first image.
            """,
        arguments: [
            Argument("CAMPAIGN", "campaign:MODEL/NUMBER, or the number alone", count: 0...1)
        ],
        flags: [
            .config, .set, .since, .until, OutputFormat.flag,
            Flag("limit", value: "COUNT", "At most COUNT images of a chain; 10000 unless given"),
        ]
    ) { invocation in
        let (since, until) = try invocation.period()
        guard let limit = Int(invocation.value("limit") ?? "10000"), (1...1_000_000).contains(limit) else {
            throw UsageError("--limit must be between 1 and 1000000")
        }
        return try await invocation.withStore { store, _ in
            guard let name = invocation.arguments.first else {
                let campaigns = try await store.campaigns(since: since, until: until)
                list(campaigns).write(to: invocation.terminal, as: invocation.format)
                return .ok
            }
            guard let found = try await store.campaign(named: name) else {
                invocation.terminal.writeError("there is no campaign '\(name)'")
                return .error
            }
            let id = found.campaign.id
            let images = try await store.chain(of: id, model: found.model, limit: limit + 1)
            chain(images.prefix(limit)).write(to: invocation.terminal, as: invocation.format)
            let entity = Entity.campaign(id, model: found.model)
            if invocation.format == .table {
                let repeats = found.repeats == 1 ? "1 exact repeat" : "\(found.repeats) exact repeats"
                invocation.terminal.note(
                    "\(entity): class \(found.campaign.label), \(repeats) left out, highest level \(word(found.level))"
                )
            }
            if images.count > limit { invocation.terminal.note("there are more: raise --limit") }
            return .ok
        }
    }

    private static func list(_ campaigns: [StoredCampaign]) -> Report {
        var report = Report([
            .init("campaign"), .init("level"), .init("score", isNumeric: true),
            .init("members", isNumeric: true), .init("accounts", isNumeric: true),
            .init("repeats", isNumeric: true), .init("class"), .init("first"), .init("last"),
        ])
        for found in campaigns {
            report.append([
                .string(Entity.campaign(found.campaign.id, model: found.model).description),
                .string(word(found.level)), .number(points(found.score)), .integer(found.campaign.members),
                .integer(found.accounts), .integer(found.repeats), .string(found.campaign.label),
                .string(found.first.description), .string(found.campaign.lastJoined.description),
            ])
        }
        return report
    }

    private static func chain(_ images: some Sequence<Observation>) -> Report {
        var report = Report([
            .init("time"), .init("record"), .init("user"), .init("nearest"),
            .init("distance", isNumeric: true),
            .init("class"), .init("probability", isNumeric: true), .init("fall", isNumeric: true),
        ])
        for image in images {
            let (record, step, near) = (image.record, image.link?.step, image.findings.model)
            report.append([
                .string(record.time.description), .string(record.id.name), .string(record.user.name),
                // The first image is where the chain begins, whatever lay near it.
                step == nil ? .null : near?.nearest.map { .string($0.record.name) } ?? .null,
                step == nil ? .null : near?.minimumDistance.map { .number(rounded($0)) } ?? .null,
                .string(record.prediction.label),
                .number(rounded(step?.probability ?? record.prediction.probability)),
                step.map { .number(rounded($0.fall)) } ?? .null,
            ])
        }
        return report
    }

    private static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
}

extension Store {
    /// The campaign that somebody typed, in its full form or by number; sequence numbers are of the whole service.
    fileprivate func campaign(named text: String) async throws -> StoredCampaign? {
        if case .campaign(let id, let model) = Entity(text) {
            return try await campaigns(ids: [id], model: model).first
        }
        guard let id = Int64(text) else {
            throw UsageError("'\(text)' is no campaign: expected campaign:MODEL/NUMBER or a number")
        }
        return try await campaigns(ids: [id]).first
    }
}
