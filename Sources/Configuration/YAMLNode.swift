/// A value of a configuration document, with the place that it came from.
struct YAMLNode: Sendable {
    /// What the value is.
    enum Content: Sendable {
        /// Text; nil for nothing at all, as after `key:`.
        case scalar(String?)
        case sequence([YAMLNode])
        case mapping([Entry])
        /// Something already reported, which must not be reported again.
        case refused
    }

    /// A key of a mapping and its value.
    struct Entry: Sendable {
        let key: String
        let origin: ConfigurationOrigin
        var value: YAMLNode
    }

    var content: Content
    let origin: ConfigurationOrigin

    /// What the value is called in a message.
    var kind: String {
        switch content {
        case .scalar(nil): "nothing"
        case .scalar: "text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .refused: "nothing usable"
        }
    }
}
