import CSimdjson

/// The keys of one object that a format reads; what they are called stands nowhere else.
///
/// Unchecked: the pointers lead to texts of the program itself.
struct JSONKeys: @unchecked Sendable {
    /// The key of the object that holds them, in the outermost one; empty for that itself.
    let inside: StaticString
    fileprivate let texts: [riskd_text]
    fileprivate let members: [riskd_member]

    /// Keys.
    ///
    /// - Parameters:
    ///   - inside: the key of the object that holds them; empty: the outermost.
    ///   - names: at most 32; what is found is in their order.
    init(inside: StaticString = "", _ names: StaticString...) {
        precondition(names.count <= 32)
        self.inside = inside
        let outer = UnsafeRawPointer(inside.utf8Start).assumingMemoryBound(to: CChar.self)
        texts = names.map { name in
            let bytes = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
            return riskd_text(bytes: bytes, length: name.utf8CodeUnitCount)
        }
        members = texts.map { riskd_member(inside: outer, key: $0.bytes) }
    }
}

/// All members that a format reads, as the parser takes them.
///
/// Unchecked: as ``JSONKeys``.
struct JSONMembers: @unchecked Sendable {
    fileprivate let all: [riskd_member]

    init(_ keys: [JSONKeys]) { all = keys.flatMap(\.members) }
}

/// Something in a document, or nothing; valid while the document is read.
struct DocumentNode {
    fileprivate let raw: riskd_node

    /// What stands there; of kind `RISKD_ABSENT` where nothing does.
    var value: riskd_value { riskd_node_value(raw) }

    /// Whether nothing is there, or null.
    var isNothing: Bool {
        let kind = value.kind
        return kind == RISKD_ABSENT || kind == RISKD_NULL
    }
}

/// The reading of one document by a format.
struct JSONReading {
    private let parser: OpaquePointer
    /// Whether of a key that is repeated the first value counts, not the last.
    let firstCounts: Bool
    /// Whether any key of any object that was looked at is repeated.
    private(set) var isAnyRepeated = false

    init(_ parser: OpaquePointer, firstCounts: Bool) {
        self.parser = parser
        self.firstCounts = firstCounts
    }

    /// Checks a document.
    ///
    /// - Parameters:
    ///   - bytes: all of it.
    ///   - members: what of it is read.
    /// - Returns: its outermost value.
    /// - Throws: `Rejection` where it is no JSON, in simdjson's words.
    func document(_ bytes: [UInt8], _ members: JSONMembers) throws(Rejection) -> DocumentNode {
        var root = riskd_node()
        var detail: UnsafePointer<CChar>?
        let status = bytes.withUnsafeBufferPointer {
            riskd_parser_parse(
                parser,
                $0.baseAddress,
                $0.count,
                members.all,
                members.all.count,
                &root,
                &detail
            )
        }
        guard status == RISKD_JSON_OK else {
            throw Rejection(RejectionReason(status), detail.map { String(cString: $0) } ?? "")
        }
        return DocumentNode(raw: root)
    }

    /// Finds members of an object: of what is none, nothing.
    ///
    /// - Parameters:
    ///   - keys: what is looked for.
    ///   - node: the object.
    ///   - repeated: called with the place of each key that is there more than once.
    /// - Returns: what was found, in the order of `keys`.
    mutating func find(_ keys: JSONKeys, in node: DocumentNode, _ repeated: (Int) -> Void) -> [DocumentNode] {
        var bits: UInt32 = 0
        let found = [riskd_node](unsafeUninitializedCapacity: keys.texts.count) { buffer, count in
            count = keys.texts.count
            bits = riskd_node_find(node.raw, keys.texts, count, firstCounts, buffer.baseAddress)
        }
        if bits != 0 {
            isAnyRepeated = true
            for place in keys.texts.indices where bits & 1 << UInt32(place) != 0 { repeated(place) }
        }
        return found.map { DocumentNode(raw: $0) }
    }

    /// How many entries an array has; nil where it is none.
    func count(of array: DocumentNode) -> Int? {
        let count = riskd_node_size(array.raw)
        return count < 0 ? nil : count
    }

    /// The numbers of an array, also where they are written as texts.
    ///
    /// - Throws: `Rejection` at `pointer`: `wrong_type` or, with more than `limit` of them, `wrong_size`.
    func numbers(
        _ array: DocumentNode,
        limit: Int,
        _ pointer: String
    ) throws(Rejection) -> UnsafeBufferPointer<Double> {
        var numbers: UnsafePointer<Double>?
        var count = 0
        try check(riskd_node_numbers(parser, array.raw, limit, &numbers, &count), pointer)
        return UnsafeBufferPointer(start: numbers, count: count)
    }

    /// The entries of an array, valid until the next call.
    ///
    /// - Throws: as ``numbers(_:limit:_:)``.
    func values(
        _ array: DocumentNode,
        limit: Int,
        _ pointer: String
    ) throws(Rejection) -> UnsafeBufferPointer<riskd_value> {
        var values: UnsafePointer<riskd_value>?
        var count = 0
        try check(riskd_node_values(parser, array.raw, limit, &values, &count), pointer)
        return UnsafeBufferPointer(start: values, count: count)
    }

    /// The whole numbers of an array.
    ///
    /// - Throws: as ``numbers(_:limit:_:)``; `wrong_size` also where one is beyond 64 bits.
    func integers(_ array: DocumentNode, limit: Int, _ pointer: String) throws(Rejection) -> [Int] {
        var status = RISKD_JSON_OK
        let integers = [Int64](unsafeUninitializedCapacity: limit) { buffer, count in
            status = riskd_node_integers(array.raw, limit, buffer.baseAddress, &count)
        }
        try check(status, pointer)
        return integers.map { Int($0) }
    }

    /// The text that stands there.
    ///
    /// - Throws: `Rejection` at `pointer`: `missing_field` or `wrong_type`.
    func text(_ node: DocumentNode, _ pointer: String) throws(Rejection) -> riskd_text {
        let value = node.value
        guard value.kind == RISKD_TEXT else {
            throw Rejection(value.kind == RISKD_ABSENT ? .missingField : .wrongType, pointer)
        }
        return value.text
    }

    private func check(_ status: riskd_json_status, _ pointer: String) throws(Rejection) {
        guard status == RISKD_JSON_OK else { throw Rejection(RejectionReason(status), pointer) }
    }
}

extension RejectionReason {
    init(_ status: riskd_json_status) {
        self =
            switch status {
            case RISKD_JSON_INVALID_UTF8: .invalidUTF8
            case RISKD_JSON_WRONG_TYPE: .wrongType
            case RISKD_JSON_WRONG_SIZE: .wrongSize
            case RISKD_JSON_NO_MEMORY: .outOfMemory
            default: .invalidJSON
            }
    }
}

extension riskd_text {
    /// The bytes.
    var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: length) }

    /// The text; U+FDD0 stands for what is no character.
    var string: String { String(decoding: raw, as: UTF8.self) }
}
