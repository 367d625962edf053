import Domain
import Runtime

/// Takes a document apart into typed settings, collecting everything that is wrong.
struct ConfigurationDecoder {
    let scope: Scope
    var problems: [ConfigurationError.Problem] = []
    /// Where each key that was given stands, by full path.
    private(set) var origins: [String: ConfigurationOrigin] = [:]
    /// Full paths of keys that could not be read.
    private(set) var unreadable: Set<String> = []

    /// Reads a `Root` from a mapping; nothing at all is an empty mapping.
    ///
    /// Keys are read in the order of the table, because models inherit what is set for all.
    mutating func decode<Root>(
        _ section: KeySection<Root>,
        _ node: YAMLNode,
        at path: String,
        into root: inout Root
    ) {
        var found: [(binding: Int, node: YAMLNode)] = []
        collect(section, node, at: path, below: "", into: &found)
        found.sort { $0.binding < $1.binding }
        for (binding, node) in found {
            let name = section.bindings[binding].name
            section.bindings[binding].read(node, joined(path, name), &self, &root)
        }
        if case .refused = node.content { return }
        for (index, binding) in section.bindings.enumerated()
        where binding.isRequired && !found.contains(where: { $0.binding == index }) {
            report(node.origin, path, "required key '\(binding.name)' is missing")
        }
    }

    private mutating func collect<Root>(
        _ section: KeySection<Root>,
        _ node: YAMLNode,
        at path: String,
        below prefix: String,
        into found: inout [(binding: Int, node: YAMLNode)]
    ) {
        let here = prefix.isEmpty ? path : joined(path, String(prefix.dropLast()))
        for entry in entries(of: node, at: here) {
            let name = prefix + entry.key
            if let index = section.bindings.firstIndex(where: { $0.name == name }) {
                found.append((index, entry.value))
            } else if section.bindings.contains(where: { $0.name.hasPrefix(name + ".") }) {
                collect(section, entry.value, at: path, below: name + ".", into: &found)
            } else {
                let siblings = section.bindings.map(\.name).filter { $0.hasPrefix(prefix) }
                    .map { String($0.dropFirst(prefix.count).prefix { $0 != "." }) }
                reportUnknown(entry, at: here, siblings)
            }
        }
    }

    /// The entries of a mapping; anything else but nothing is reported.
    mutating func entries(of node: YAMLNode, at path: String) -> [YAMLNode.Entry] {
        switch node.content {
        case .mapping(let entries): return entries
        case .scalar(nil), .refused: return []
        default:
            report(node.origin, path, "expected a mapping of keys, got \(node.kind)")
            return []
        }
    }

    private mutating func reportUnknown(_ entry: YAMLNode.Entry, at path: String, _ siblings: [String]) {
        var message = "unknown key '\(escaped(entry.key))'"
        if let meant = closestMatch(to: entry.key, in: siblings) {
            message += "; did you mean '\(meant)'?"
        } else if let elsewhere = ConfigurationKey.all.first(where: { $0.path.hasSuffix("." + entry.key) }) {
            message += "; there is \(elsewhere.path)"
        }
        report(entry.origin, path, message)
    }

    /// The value of the node; nil when it was reported.
    mutating func value<Value>(of node: YAMLNode, _ type: ValueType<Value>, at path: String) -> Value? {
        origins[path] = node.origin
        if case .refused = node.content {
            unreadable.insert(path)
            return nil
        }
        switch type.read(node, scope) {
        case .success(let value): return value
        case .failure(let complaint):
            unreadable.insert(path)
            report(node.origin, path, complaint.text)
            return nil
        }
    }

    /// Notes a problem.
    mutating func report(_ origin: ConfigurationOrigin, _ path: String, _ message: String) {
        problems.append(.init(origin: origin, path: path, message: message))
    }

    /// `path.name`, or `name` at the top.
    func joined(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

extension ConfigurationDecoder {
    /// Reads `models`.
    mutating func decodeModels(
        _ node: YAMLNode,
        at path: String,
        similarity: Configuration.Similarity,
        into models: inout [ModelID: Configuration.Model]
    ) {
        for entry in entries(of: node, at: path) {
            guard !entry.key.isEmpty, entry.key.utf8.count <= 256,
                !hasControl(entry.key)
            else {
                report(
                    entry.origin,
                    path,
                    "a model's name must have 1 to 256 bytes and no control characters"
                )
                continue
            }
            var model = Configuration.Model(similarity: similarity)
            decode(KeyTable.model, entry.value, at: joined(path, entry.key), into: &model)
            models[ModelID(entry.key)] = model
        }
    }

    /// Reads `models.NAME.opinions`.
    mutating func decodeOpinions(
        _ node: YAMLNode,
        at path: String,
        into opinions: inout [Configuration.Opinion]
    ) {
        decodeList(KeyTable.opinion, node, of: "opinions", at: path, Configuration.Opinion()) {
            opinions.append($0)
        }
    }

    /// Reads a list of mappings; nothing at all is an empty list.
    mutating func decodeList<Element>(
        _ section: KeySection<Element>,
        _ node: YAMLNode,
        of plural: String,
        at path: String,
        _ defaults: Element,
        _ append: (Element) -> Void
    ) {
        switch node.content {
        case .sequence(let nodes):
            for (index, node) in nodes.enumerated() {
                var element = defaults
                decode(section, node, at: "\(path)[\(index)]", into: &element)
                append(element)
            }
        case .scalar(nil), .refused: break
        default: report(node.origin, path, "expected a list of \(plural), got \(node.kind)")
        }
    }
}
