/// What is wrong with how a request's head says where its body ends, or whom it is for; nil where nothing is.
///
/// Two servers that read such a head differently see different requests (RFC 9112, sections 3.2 and 6.3).
func framingFault(_ fields: [(name: String, value: String)]) -> String? {
    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map { $0.value }
    }
    let (lengths, encodings) = (values("content-length"), values("transfer-encoding"))
    if lengths.count > 1 { return "a request has one Content-Length at most" }
    if !lengths.isEmpty, !encodings.isEmpty {
        return "a request has either Content-Length or Transfer-Encoding"
    }
    if let length = lengths.first, length.isEmpty || !length.utf8.allSatisfy({ (48...57).contains($0) }) {
        return "Content-Length must be a whole number"
    }
    if encodings.count > 1 || encodings.contains(where: { $0.lowercased() != "chunked" }) {
        return "Transfer-Encoding must be chunked"
    }
    return values("host").count > 1 ? "a request has one Host" : nil
}

/// Header fields by lower-case name: the first of a name counts, but for those that every proxy adds to.
func fields(_ pairs: [(name: String, value: String)]) -> [String: String] {
    var fields: [String: String] = [:]
    for (name, value) in pairs {
        let name = name.lowercased()
        if let before = fields[name] {
            guard name == "forwarded" || name == "x-forwarded-for" else { continue }
            fields[name] = before + ", " + value
        } else {
            fields[name] = value
        }
    }
    return fields
}
