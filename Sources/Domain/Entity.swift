/// What risk belongs to.
package enum Entity: Hashable, Sendable {
    /// A user of a model.
    case user(UserID, model: ModelID)
    /// A chain of near-duplicate images of a model, whoever sent them, by the sequence number of its first image.
    case campaign(Int64, model: ModelID)
    /// A model, over all its users.
    case model(ModelID)
    /// The whole service.
    case global

    /// `user`, `campaign`, `model` or `global`.
    package var kind: String {
        switch self {
        case .user: "user"
        case .campaign: "campaign"
        case .model: "model"
        case .global: "global"
        }
    }

    /// The model, except for the whole service.
    package var model: ModelID? {
        switch self {
        case .user(_, let model), .campaign(_, let model), .model(let model): model
        case .global: nil
        }
    }

    /// The user, where the entity is one.
    package var user: UserID? {
        if case .user(let user, _) = self { user } else { nil }
    }

    /// The campaign's number, where the entity is one.
    package var campaign: Int64? {
        if case .campaign(let id, _) = self { id } else { nil }
    }

    /// What tells it from others of its kind and model: the user's name or the campaign's number; else empty.
    package var name: String {
        switch self {
        case .user(let user, _): user.name
        case .campaign(let id, _): String(id)
        case .model, .global: ""
        }
    }

    /// Whether a model's risk is rolled up from it: users and campaigns, two ways to group the same queries.
    package var isMember: Bool {
        switch self {
        case .user, .campaign: true
        case .model, .global: false
        }
    }

    /// Which scores feed its track; nil for the whole service, which has none.
    package var scope: SimilarityScope? {
        switch self {
        case .user: .user
        case .campaign: .campaign
        case .model: .model
        case .global: nil
        }
    }

    /// The virtual partition of its rows: the user's; 0 for all others.
    package var virtualPartition: Int16 { user?.virtualPartition ?? 0 }
}

extension Entity: Comparable {
    /// Users before campaigns before models before the whole service; within a kind by model, then user or number.
    package static func < (left: Entity, right: Entity) -> Bool {
        switch (left, right) {
        case (.user(let a, let m), .user(let b, let n)): (m, a) < (n, b)
        case (.campaign(let a, let m), .campaign(let b, let n)): (m, a) < (n, b)
        case (.model(let m), .model(let n)): m < n
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .user: 0
        case .campaign: 1
        case .model: 2
        case .global: 3
        }
    }
}

extension Entity: CustomStringConvertible {
    /// `user:MODEL/USER`, `campaign:MODEL/NUMBER`, `model:MODEL` or `global`; `%` and `/` in the model's name are
    /// percent-encoded.
    package var description: String {
        switch self {
        case .user(let user, let model): "user:\(escaped(model.name))/\(user.name)"
        case .campaign(let id, let model): "campaign:\(escaped(model.name))/\(id)"
        case .model(let model): "model:\(escaped(model.name))"
        case .global: "global"
        }
    }

    /// Parses what ``description`` prints; nil when `text` has another form or an empty name.
    ///
    /// - Parameter text: such as `user:fashion/user-006`.
    package init?(_ text: String) {
        if text == "global" {
            self = .global
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let rest = text[text.index(after: colon)...]
        switch text[..<colon] {
        case "model":
            guard !rest.isEmpty else { return nil }
            self = .model(ModelID(unescaped(rest)))
        case "user", "campaign":
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            let name = rest[rest.index(after: slash)...]
            guard slash != rest.startIndex, !name.isEmpty else { return nil }
            let model = ModelID(unescaped(rest[..<slash]))
            guard text.hasPrefix("campaign:") else {
                self = .user(UserID(String(name)), model: model)
                return
            }
            guard let id = Int64(name), id > 0, String(id) == name else { return nil }
            self = .campaign(id, model: model)
        default: return nil
        }
    }
}

private func escaped(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
        switch scalar {
        case "%": result += "%25"
        case "/": result += "%2F"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func unescaped(_ name: Substring) -> String {
    var result = ""
    var rest = name.unicodeScalars[...]
    while let scalar = rest.popFirst() {
        if scalar == "%", rest.starts(with: "2F".unicodeScalars) {
            result += "/"
            rest = rest.dropFirst(2)
        } else if scalar == "%", rest.starts(with: "25".unicodeScalars) {
            result += "%"
            rest = rest.dropFirst(2)
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
