import Console
import Domain
import Storage

extension Store {
    /// The entity that somebody typed: its full form, or a user's name that only one model has.
    func entity(named text: String) async throws -> Entity {
        if let entity = Entity(text) { return entity }
        let candidates = try await entities(ofUser: text)
        if let only = candidates.first, candidates.count == 1 { return only }
        guard candidates.isEmpty else {
            let names = candidates.map(\.description).joined(separator: ", ")
            throw UsageError("the user '\(text)' is known to several models: \(names)")
        }
        throw UsageError(
            """
            '\(text)' is no entity: expected user:MODEL/USER, campaign:MODEL/NUMBER, model:MODEL, global or a user's name
            """
        )
    }
}
