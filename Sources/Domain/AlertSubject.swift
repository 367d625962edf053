/// What an alert is about: an entity's risk, or something in riskd's own works.
package enum AlertSubject: Hashable, Sendable {
    /// A user's, campaign's, model's or the service's risk.
    case entity(Entity)
    /// A webhook endpoint that was disabled, by name.
    case endpoint(String)
    /// The outbox reached its limits and messages were dropped.
    case outbox
    /// A model's calibration is suspect: benign traffic looks different from what it was built from.
    case calibration(ModelID)
    /// A detector that says nothing, of a model.
    case detector(DetectorID, model: ModelID)
    /// A file whose lines are of no use, by path.
    case source(String)
    /// A model whose lines are.
    case intake(ModelID)

    /// `user`, `campaign`, `model`, `global`, `endpoint`, `outbox`, `calibration`, `detector`, `source` or `intake`.
    package var kind: String {
        switch self {
        case .entity(let entity): entity.kind
        case .endpoint: "endpoint"
        case .outbox: "outbox"
        case .calibration: "calibration"
        case .detector: "detector"
        case .source: "source"
        case .intake: "intake"
        }
    }

    package var entity: Entity? {
        if case .entity(let entity) = self { entity } else { nil }
    }

    /// The model, where there is one.
    package var model: ModelID? {
        switch self {
        case .entity(let entity): entity.model
        case .calibration(let model), .detector(_, let model), .intake(let model): model
        case .endpoint, .outbox, .source: nil
        }
    }

    /// The id that payloads show beside the kind: the user, the campaign's number, the model, the endpoint, the detector
    /// or the path; `service` for the whole service and the outbox.
    package var id: String {
        switch self {
        case .entity(.user(let user, _)): user.name
        case .entity(.campaign(let number, _)): String(number)
        case .entity(.model(let model)), .calibration(let model), .intake(let model): model.name
        case .endpoint(let name), .source(let name): name
        case .detector(let detector, _): detector.name
        case .entity(.global), .outbox: "service"
        }
    }

    /// The subject that storage keeps under this kind, model and name; nil when there is none such.
    ///
    /// - Parameters:
    ///   - kind: as ``kind``.
    ///   - model: the model's name; empty without one.
    ///   - name: as ``name``.
    package init?(kind: String, model: String, name: String) {
        let owner = ModelID(model)
        switch kind {
        case "user": self = .entity(.user(UserID(name), model: owner))
        case "campaign":
            guard let number = Int64(name) else { return nil }
            self = .entity(.campaign(number, model: owner))
        case "model": self = .entity(.model(owner))
        case "global": self = .entity(.global)
        case "endpoint": self = .endpoint(name)
        case "outbox": self = .outbox
        case "calibration": self = .calibration(owner)
        case "detector": self = .detector(DetectorID(name), model: owner)
        case "source": self = .source(name)
        case "intake": self = .intake(owner)
        default: return nil
        }
    }

    /// What tells it from others of its kind and model; empty where nothing has to.
    package var name: String {
        switch self {
        case .entity(let entity): entity.name
        case .endpoint(let name), .source(let name): name
        case .detector(let detector, _): detector.name
        case .outbox, .calibration, .intake: ""
        }
    }

    /// Which alert of this subject goes on under which key in other systems.
    ///
    /// - Parameter level: the level at which the alert opened.
    /// - Returns: such as `riskd/user/u-4711/model/chest-xray-v7/high`.
    package func dedupKey(level: Level) -> String {
        switch self {
        case .entity(.model(let model)): "riskd/model/\(model.name)/\(level)"
        case .entity(.global): "riskd/global/\(level)"
        case .entity(let entity):
            "riskd/\(kind)/\(entity.name)/model/\(entity.model?.name ?? "")/\(level)"
        case .endpoint(let name): "riskd/endpoint/\(name)"
        case .outbox: "riskd/outbox"
        case .calibration(let model): "riskd/calibration/model/\(model.name)"
        case .detector(let detector, let model): "riskd/detector/\(detector.name)/model/\(model.name)"
        case .source(let path): "riskd/source/\(path)"
        case .intake(let model): "riskd/intake/model/\(model.name)"
        }
    }
}
