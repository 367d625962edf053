import Console
import Domain
import Runtime

/// Finds the entity that somebody means.
struct EntityFinder {
    let client: RiskdClient

    /// The text form of an entity.
    ///
    /// - Parameters:
    ///   - text: its text form, `service`, or the name of a user, campaign or model.
    ///   - kind: of which kind it must be; nil: of any.
    ///   - model: of which model; nil: of the only one that has it.
    /// - Returns: such as `user:fashion/u-1`.
    /// - Throws: `CommandFailure` where nothing or more than one is meant.
    func find(_ text: String, kind: String? = nil, model: String? = nil) async throws -> String {
        if kind == nil || kind == "global", text == "service" { return Entity.global.description }
        if let entity = Entity(text), kind == nil || entity.kind == kind { return entity.description }
        if kind == "model" { return Entity.model(ModelID(text)).description }
        if let kind, let model { return try named(text, kind, model) }
        var query: Query = ["kind": kind, "model": model, "search": text]
        if kind == "campaign" { query["search"] = text.hasPrefix("#") ? String(text.dropFirst()) : text }
        let found = try await client.list(["entities"], query, limit: nil).items
            .filter { $0["name"].string == text }.compactMap { $0["entity"].string }
        if found.count > 1 {
            throw CommandFailure("'\(text)' can be \(found.prefix(5).joined(separator: " or ")): say which")
        }
        if let only = found.first { return only }
        // Nothing is known against it, so that no list names it; of the only model it can be asked for nonetheless.
        let models = try await client.list(["entities"], ["kind": "model"], limit: nil).items
            .compactMap { $0["name"].string }
        if let kind = kind ?? (model == nil ? "user" : nil), models.count == 1 {
            return try named(text, kind, models[0])
        }
        throw CommandFailure(
            "nothing is known against '\(text)'; name its model with --model, or its text form such as user:MODEL/\(text)"
        )
    }

    private func named(_ text: String, _ kind: String, _ model: String) throws -> String {
        guard kind == "campaign" else { return Entity.user(UserID(text), model: ModelID(model)).description }
        guard let number = Int64(text) else {
            throw UsageError("expected a campaign's number, got '\(text)'")
        }
        return Entity.campaign(number, model: ModelID(model)).description
    }
}
