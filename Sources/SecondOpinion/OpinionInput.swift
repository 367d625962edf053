/// What the second model is fed.
package enum OpinionInput: Sendable {
    /// The features that the record logs.
    case features
    /// Features that this model computes from the record's image.
    case backbone(any OpinionModel)
    /// The record's image.
    case image
}
