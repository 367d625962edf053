/// Why a second opinion could not be formed.
package enum OpinionError: Error, Hashable, CustomStringConvertible {
    /// Name, classes and models do not go together: fix the configuration.
    case misconfigured(opinion: String, reason: String)
    /// The record's input does not fit the model (its size, or a number that is not finite): the record's fault.
    case unfitRecord(opinion: String, reason: String)
    /// The model answered something that is not the probabilities of the classes: the model's fault.
    case invalidAnswer(opinion: String, reason: String)
    /// The model did not answer.
    case modelFailed(reason: String)

    package var description: String {
        switch self {
        case .misconfigured(let opinion, let reason):
            "the opinion \(opinion) cannot be formed as configured: \(reason)"
        case .unfitRecord(let opinion, let reason):
            "the opinion \(opinion) cannot be formed of this record: \(reason)"
        case .invalidAnswer(let opinion, let reason):
            "the model of the opinion \(opinion) gave no probabilities: \(reason)"
        case .modelFailed(let reason):
            "a second model failed: \(reason)"
        }
    }
}
