import CYAML

/// Reads one YAML document into a tree of nodes with line and column.
///
/// Stricter than YAML where YAML surprises: no anchors, aliases, tags, duplicate keys or second document, and
/// every scalar is text until a key's type says otherwise.
struct YAMLReader {
    /// Nesting deeper than this is refused.
    static let maximumDepth = 16
    /// Documents longer than this are refused, in bytes.
    static let maximumSize = 4 << 20

    private let file: String
    private let bytes: [UInt8]
    private var problems: [ConfigurationError.Problem] = []

    /// Reads `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: the document.
    ///   - file: its name in messages.
    /// - Returns: the root, and what is wrong with the document; an empty document is an empty mapping.
    static func read(_ bytes: [UInt8], file: String) -> (
        root: YAMLNode, problems: [ConfigurationError.Problem]
    ) {
        var reader = YAMLReader(file: file, bytes: bytes)
        let root = reader.document()
        return (root, reader.problems)
    }

    private init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    /// Ends the reading: what follows a syntax error cannot be understood.
    private struct Stop: Error {}

    private mutating func document() -> YAMLNode {
        let empty = YAMLNode(content: .mapping([]), origin: .file(file, line: 1, column: 1))
        guard bytes.count <= Self.maximumSize else {
            report(.wholeFile(file), "the document is longer than \(Self.maximumSize >> 20)MiB")
            return empty
        }
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            report(.wholeFile(file), "libyaml has no memory")
            return empty
        }
        defer { yaml_parser_delete(&parser) }
        return bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            do {
                return try stream(&parser) ?? empty
            } catch {
                return YAMLNode(content: .refused, origin: empty.origin)
            }
        }
    }

    /// The first document of the stream; nil when there is none.
    private mutating func stream(_ parser: inout yaml_parser_t) throws(Stop) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try next(&parser)
            switch event.kind {
            case .streamEnd: return root
            case .other: continue
            default:
                guard root == nil else {
                    report(event.origin, "a second document is refused")
                    throw Stop()
                }
                root = try node(event, &parser, depth: 1)
            }
        }
    }

    private mutating func node(
        _ event: Event,
        _ parser: inout yaml_parser_t,
        depth: Int
    ) throws(Stop) -> YAMLNode {
        guard depth <= Self.maximumDepth else {
            report(event.origin, "nested deeper than \(Self.maximumDepth) levels")
            throw Stop()
        }
        var node = YAMLNode(content: .refused, origin: event.origin)
        switch event.kind {
        case .scalar(let text): node.content = .scalar(text)
        case .sequenceStart:
            var elements: [YAMLNode] = []
            while let element = try element(&parser, depth) { elements.append(element) }
            node.content = .sequence(elements)
        case .mappingStart: node.content = .mapping(try entries(&parser, depth))
        case .alias: report(event.origin, "aliases are refused; write the value out")
        default: break
        }
        if event.hasAnchor { report(event.origin, "anchors are refused; aliases are not supported") }
        if event.hasTag { report(event.origin, "tags are refused; a key's type is fixed") }
        if event.hasAnchor || event.hasTag { node.content = .refused }
        return node
    }

    private mutating func element(
        _ parser: inout yaml_parser_t,
        _ depth: Int
    ) throws(Stop) -> YAMLNode? {
        let event = try next(&parser)
        if case .collectionEnd = event.kind { return nil }
        return try node(event, &parser, depth: depth + 1)
    }

    private mutating func entries(
        _ parser: inout yaml_parser_t,
        _ depth: Int
    ) throws(Stop) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var seen: Set<String> = []
        while let key = try element(&parser, depth) {
            let value = try node(next(&parser), &parser, depth: depth + 1)
            switch key.content {
            case .scalar(let name?):
                if seen.insert(name).inserted {
                    entries.append(.init(key: name, origin: key.origin, value: value))
                } else {
                    report(key.origin, "key '\(escaped(name))' is given twice")
                }
            case .refused: break
            default: report(key.origin, "a key must be text, not \(key.kind)")
            }
        }
        return entries
    }

    private mutating func report(_ origin: ConfigurationOrigin, _ message: String) {
        problems.append(.init(origin: origin, path: "", message: message))
    }
}

extension YAMLReader {
    /// What riskd needs of a libyaml event.
    private struct Event {
        enum Kind {
            case scalar(String?)
            case sequenceStart
            case mappingStart
            case collectionEnd
            case alias
            case streamEnd
            /// Stream start, document start and end.
            case other
        }

        let kind: Kind
        let origin: ConfigurationOrigin
        var hasAnchor = false
        var hasTag = false
    }

    private mutating func next(_ parser: inout yaml_parser_t) throws(Stop) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
            reportSyntax(parser)
            throw Stop()
        }
        defer { yaml_event_delete(&event) }
        let origin = place(event.start_mark)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = scalar.value.map {
                String(decoding: UnsafeBufferPointer(start: $0, count: scalar.length), as: UTF8.self)
            }
            let isNothing = scalar.style == YAML_PLAIN_SCALAR_STYLE && ["", "~", "null"].contains(text)
            return Event(
                kind: .scalar(isNothing ? nil : text),
                origin: origin,
                hasAnchor: scalar.anchor != nil,
                hasTag: scalar.tag != nil
            )
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return Event(
                kind: .sequenceStart,
                origin: origin,
                hasAnchor: start.anchor != nil,
                hasTag: start.tag != nil
            )
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return Event(
                kind: .mappingStart,
                origin: origin,
                hasAnchor: start.anchor != nil,
                hasTag: start.tag != nil
            )
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            return Event(kind: .collectionEnd, origin: origin)
        case YAML_ALIAS_EVENT: return Event(kind: .alias, origin: origin)
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return Event(kind: .streamEnd, origin: origin)
        default: return Event(kind: .other, origin: origin)
        }
    }

    private func place(_ mark: yaml_mark_t) -> ConfigurationOrigin {
        .file(file, line: mark.line + 1, column: mark.column + 1)
    }

    private mutating func reportSyntax(_ parser: yaml_parser_t) {
        var message = parser.problem.map { String(cString: $0) } ?? "not YAML"
        if let context = parser.context { message += ", " + String(cString: context) }
        // The reader knows only a byte offset; the scanner and the parser know line and column.
        guard parser.error == YAML_READER_ERROR else {
            report(place(parser.problem_mark), message)
            return
        }
        let before = bytes.prefix(parser.problem_offset)
        let line = before.count { $0 == 0x0A } + 1
        let column = before.reversed().prefix { $0 != 0x0A }.count { $0 & 0xC0 != 0x80 } + 1
        report(.file(file, line: line, column: column), message)
    }
}
