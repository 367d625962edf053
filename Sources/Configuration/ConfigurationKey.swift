/// A key of the configuration as the reference shows it.
package struct ConfigurationKey: Hashable, Sendable {
    /// Such as `similarity.threshold`, `models.NAME.criticality` or `models.NAME.opinions[].name`.
    package var path: String
    /// Unit and range, or the words to choose from.
    package let note: String
    /// The default as it would be written; nil when there is none or it is found out at start.
    package var defaultText: String?
    /// The default in words, where `defaultText` is nil.
    package var defaultNote: String
    /// A value to show, where `defaultText` is nil.
    package var example: String
    /// Whether the value is hidden in messages.
    package let isSecret: Bool
    /// What it does, in one sentence.
    package var summary: String

    /// Every key, in the order of the reference.
    package static let all: [ConfigurationKey] = KeyTable.root.bindings.flatMap(\.keys)

    /// The same key inside `prefix`.
    func nested(in prefix: String) -> ConfigurationKey {
        var key = self
        key.path = prefix + path
        return key
    }
}

/// How one key, or one group of keys, gets from the document into a `Root`.
struct KeyBinding<Root>: Sendable {
    /// The path below `Root`.
    let name: String
    /// The keys that it stands for; paths below `Root`.
    let keys: [ConfigurationKey]
    /// Whether a `Root` without it is refused.
    var isRequired = false
    /// Reads the node at the full path.
    let read: @Sendable (YAMLNode, String, inout ConfigurationDecoder, inout Root) -> Void
}

/// The keys of one `Root`, in the order in which they are read and shown.
struct KeySection<Root>: Sendable {
    let bindings: [KeyBinding<Root>]
}

/// Makes bindings whose defaults are those of a fresh `Root`, so that they are written once.
struct KeyMaker<Root: Sendable>: Sendable {
    let defaults: Root

    /// A key whose default is the property's initial value.
    func key<Value>(
        _ path: String,
        _ property: any WritableKeyPath<Root, Value> & Sendable,
        _ type: ValueType<Value>,
        _ summary: String
    ) -> KeyBinding<Root> {
        binding(path, property, type, summary, type.text(defaults[keyPath: property]), "", "")
    }

    /// A key without a fixed default.
    func key<Value>(
        _ path: String,
        _ property: any WritableKeyPath<Root, Value> & Sendable,
        _ type: ValueType<Value>,
        default note: String,
        example: String,
        isSecret: Bool = false,
        _ summary: String
    ) -> KeyBinding<Root> {
        binding(path, property, type, summary, nil, note, example, isSecret: isSecret)
    }

    /// A key that must be given.
    func required<Value>(
        _ path: String,
        _ property: any WritableKeyPath<Root, Value> & Sendable,
        _ type: ValueType<Value>,
        example: String,
        _ summary: String
    ) -> KeyBinding<Root> {
        var binding = binding(path, property, type, summary, nil, "none, required", example)
        binding.isRequired = true
        return binding
    }

    private func binding<Value>(
        _ path: String,
        _ property: any WritableKeyPath<Root, Value> & Sendable,
        _ type: ValueType<Value>,
        _ summary: String,
        _ defaultText: String?,
        _ defaultNote: String,
        _ example: String,
        isSecret: Bool = false
    ) -> KeyBinding<Root> {
        let key = ConfigurationKey(
            path: path,
            note: type.note,
            defaultText: defaultText,
            defaultNote: defaultNote,
            example: example,
            isSecret: isSecret,
            summary: summary
        )
        return KeyBinding(name: path, keys: [key]) { node, fullPath, decoder, root in
            guard let value = decoder.value(of: node, type, at: fullPath) else { return }
            root[keyPath: property] = value
        }
    }
}
