import Domain
import Scoring

/// The orders in which entities are listed, each of them total.
enum EntityOrder {
    case score
    case seen
    case name

    init(_ word: String) {
        switch word {
        case "seen": self = .seen
        case "name": self = .name
        default: self = .score
        }
    }

    /// A place in an order; smaller comes first.
    struct Place: Comparable {
        let first: Int64
        let second: Int64
        let entity: Entity

        init(_ first: Int64, _ second: Int64, _ entity: Entity) {
            self.first = first
            self.second = second
            self.entity = entity
        }

        /// Reads what ``key`` wrote.
        init?(_ key: [String]) {
            guard key.count == 3, let first = Int64(key[0]), let second = Int64(key[1]),
                let entity = Entity(key[2])
            else { return nil }
            self.init(first, second, entity)
        }

        var key: [String] { [String(first), String(second), entity.description] }

        static func < (left: Place, right: Place) -> Bool {
            (left.first, left.second, left.entity) < (right.first, right.second, right.entity)
        }
    }

    func place(of item: Assessment, _ snapshot: Standings.Snapshot) -> Place {
        switch self {
        case .score: Place(-Int64(item.level?.rawValue ?? -1), -item.score, item.entity)
        case .seen: Place(-(snapshot.engine.state(of: item.entity)?.tick?.index ?? .min / 2), 0, item.entity)
        case .name: Place(0, 0, item.entity)
        }
    }
}
