/// Why something cannot be trained, read or written.
package enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The examples do not suffice or do not go together.
    case unsuitable(reason: String)
    /// A checkpoint belongs to another training, or is damaged.
    case wrongCheckpoint(reason: String)
    /// A model cannot be read or used as asked.
    case wrongModel(reason: String)

    package var description: String {
        switch self {
        case .unsuitable(let reason): "cannot train: \(reason)"
        case .wrongCheckpoint(let reason): "cannot resume: \(reason)"
        case .wrongModel(let reason): "the model cannot be used: \(reason)"
        }
    }
}
