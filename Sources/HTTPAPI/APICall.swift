package import Domain

/// A request of somebody who may make it.
package struct APICall: Sendable {
    /// What is asked for.
    package let operation: Operation
    /// Who asks; nil where everybody may.
    package let caller: Caller?
    /// Where the request came from.
    package let address: String
    /// The wall clock when it came.
    package let now: Timestamp
    let arguments: [String: String]
    let query: [String: String]
    /// All values of the query's parameters, in order.
    let parameters: [String: [String]]
    let headers: [String: String]
    let node: JSONNode?

    /// What ledgers call the caller.
    package var actor: String { caller?.name ?? "" }

    /// Whether the caller's roles allow more than the route needs.
    package func may(_ permission: Permission) -> Bool { caller?.permissions.contains(permission) ?? false }

    /// The body.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func body() throws(APIFailure) -> RequestBody {
        guard let node else { throw .invalid("", "a body is required") }
        return try RequestBody(node)
    }

    package func header(_ name: String) -> String? { headers[name] }

    /// A part of the path.
    package func argument(_ name: String) -> String { arguments[name] ?? "" }

    /// A number in the path.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func number(argument name: String) throws(APIFailure) -> Int64 {
        guard let value = wholeNumber(argument(name), 1...Int64.max) else {
            throw .invalid(name, "must be a whole number from 1 on")
        }
        return value
    }

    /// An entity in the path, in its text form.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func entity(argument name: String) throws(APIFailure) -> Entity {
        try parsed(argument(name), name)
    }

    /// An alert in the path.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func alert(argument name: String) throws(APIFailure) -> AlertID {
        guard let id = AlertID(argument(name)) else { throw .invalid(name, "is no id of an alert") }
        return id
    }

    /// A text of the query; nil when it is not there.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func text(_ name: String, length: ClosedRange<Int> = 1...256) throws(APIFailure) -> String? {
        guard let text = query[name] else { return nil }
        try text.check(name, length)
        return text
    }

    /// All texts that the query gives a name, in order.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func texts(
        _ name: String,
        atMost count: Int,
        length: ClosedRange<Int> = 1...256
    ) throws(APIFailure) -> [String] {
        let texts = parameters[name] ?? []
        guard texts.count <= count else { throw .invalid(name, "may be given \(count) times at most") }
        for text in texts { try text.check(name, length) }
        return texts
    }

    /// A whole number of the query.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func integer(_ name: String, _ range: ClosedRange<Int64>) throws(APIFailure) -> Int64? {
        guard let text = query[name] else { return nil }
        guard let value = wholeNumber(text, range) else {
            throw .invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Yes or no, no where it is not there.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func flag(_ name: String) throws(APIFailure) -> Bool {
        switch query[name] {
        case nil, "false": return false
        case "true": return true
        default: throw .invalid(name, "must be true or false")
        }
    }

    /// One of some words.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func choice(_ name: String, of words: [String]) throws(APIFailure) -> String? {
        guard let text = query[name] else { return nil }
        guard words.contains(text) else {
            throw .invalid(name, "must be one of \(words.joined(separator: ", "))")
        }
        return text
    }

    /// A level.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func level(_ name: String) throws(APIFailure) -> Level? {
        guard let word = try choice(name, of: Level.allCases.map(\.description)) else { return nil }
        return Level.allCases.first { $0.description == word }
    }

    /// An entity of the query, in its text form.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func entity(_ name: String) throws(APIFailure) -> Entity? {
        guard let text = query[name] else { return nil }
        return try parsed(text, name)
    }

    /// A model of the query.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func model() throws(APIFailure) -> ModelID? { try text("model").map { ModelID($0) } }

    /// An alert of the query.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func alert(_ name: String) throws(APIFailure) -> AlertID? {
        guard let text = query[name] else { return nil }
        guard let id = AlertID(text) else { throw .invalid(name, "is no id of an alert") }
        return id
    }

    /// A time of the query.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func time(_ name: String) throws(APIFailure) -> Timestamp? {
        guard let text = query[name] else { return nil }
        return try instant(text, name)
    }

    /// A time that somebody wrote: RFC 3339, `now`, or how long ago.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func instant(_ text: String, _ field: String) throws(APIFailure) -> Timestamp {
        guard let time = TimeExpression.parse(text, now: now) else {
            throw .unprocessable(field, "must be a time (RFC 3339), now, or how long ago, such as -1h")
        }
        return time
    }

    /// How many items a page has at most.
    ///
    /// - Throws: `APIFailure.invalid`.
    package func limit() throws(APIFailure) -> Int { Int(try integer("limit", 1...1000) ?? 100) }

    /// Where the page before ended, in a list.
    ///
    /// - Parameters:
    ///   - list: the list and its order.
    ///   - count: how many parts its keys have.
    /// - Returns: the key's parts; nil at the begin.
    /// - Throws: `APIFailure.unprocessable` for what is no cursor of this list.
    package func cursor(of list: String, count: Int = 1) throws(APIFailure) -> [String]? {
        guard let text = query["cursor"] else { return nil }
        guard text.utf8.count <= 4096, let cursor = Cursor(text), cursor.list == list,
            cursor.key.count == count
        else { throw .unprocessable("cursor", "is no cursor of this list") }
        return cursor.key
    }

    /// Where the page before ended, in a list by number.
    ///
    /// - Throws: `APIFailure.unprocessable` for what is no cursor of this list.
    package func number(ofCursor list: String) throws(APIFailure) -> Int64? {
        guard let key = try cursor(of: list) else { return nil }
        guard let number = key.first.flatMap({ Int64($0) }) else {
            throw .unprocessable("cursor", "is no cursor of this list")
        }
        return number
    }

    private func parsed(_ text: String, _ field: String) throws(APIFailure) -> Entity {
        guard text.unicodeScalars.count <= 600, let entity = Entity(text) else {
            throw .invalid(field, "must be user:MODEL/USER, campaign:MODEL/NUMBER, model:MODEL or global")
        }
        return entity
    }
}

/// Digits alone, so that `+5` and ` 5` are refused.
private func wholeNumber(_ text: String, _ range: ClosedRange<Int64>) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int64(text),
        range.contains(value)
    else { return nil }
    return value
}
