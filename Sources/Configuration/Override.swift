/// One `KEY=VALUE` of the command line.
enum Override {
    /// Sets the key in the document.
    ///
    /// A model's name that holds a dot is quoted: `models."resnet.v2".criticality=2`.
    ///
    /// - Parameters:
    ///   - text: `KEY=VALUE`.
    ///   - root: the document.
    /// - Returns: what is wrong with `text`.
    static func apply(_ text: String, to root: inout YAMLNode) -> [ConfigurationError.Problem] {
        guard let equals = text.firstIndex(of: "="), let path = components(of: text[..<equals]) else {
            let message = "expected KEY=VALUE, such as similarity.threshold=0.2"
            return [.init(origin: .flag("--set"), path: "", message: message)]
        }
        let origin = ConfigurationOrigin.flag("--set \(escaped(String(text[..<equals])))")
        let value = String(text[text.index(after: equals)...])
        let (node, problems) = YAMLReader.read(Array(value.utf8), file: "")
        guard problems.isEmpty else {
            return problems.map { .init(origin: origin, path: "", message: $0.message) }
        }
        // An empty document is an empty mapping to the reader, but no value here.
        let isEmpty = value.allSatisfy { $0 == " " }
        insert(
            isEmpty ? YAMLNode(content: .scalar(nil), origin: origin) : moved(node, to: origin),
            path[...],
            origin,
            into: &root
        )
        return []
    }

    private static func components(of path: Substring) -> [String]? {
        var components: [String] = []
        var current = ""
        var isQuoted = false
        for character in path {
            switch character {
            case "\"": isQuoted.toggle()
            case "." where !isQuoted:
                components.append(current)
                current = ""
            default: current.append(character)
            }
        }
        components.append(current)
        return isQuoted || components.contains("") ? nil : components
    }

    private static func moved(_ node: YAMLNode, to origin: ConfigurationOrigin) -> YAMLNode {
        let content: YAMLNode.Content =
            switch node.content {
            case .sequence(let nodes): .sequence(nodes.map { moved($0, to: origin) })
            case .mapping(let entries):
                .mapping(
                    entries.map { .init(key: $0.key, origin: origin, value: moved($0.value, to: origin)) }
                )
            default: node.content
            }
        return YAMLNode(content: content, origin: origin)
    }

    private static func insert(
        _ value: YAMLNode,
        _ path: ArraySlice<String>,
        _ origin: ConfigurationOrigin,
        into node: inout YAMLNode
    ) {
        guard let name = path.first else {
            node = value
            return
        }
        var entries: [YAMLNode.Entry] = []
        switch node.content {
        case .mapping(let existing): entries = existing
        case .scalar(nil): break
        // The file is wrong here and says so itself.
        default: return
        }
        let index = entries.firstIndex { $0.key == name } ?? entries.endIndex
        if index == entries.endIndex {
            let empty = YAMLNode(content: .scalar(nil), origin: origin)
            entries.append(.init(key: name, origin: origin, value: empty))
        }
        insert(value, path.dropFirst(), origin, into: &entries[index].value)
        node.content = .mapping(entries)
    }
}
