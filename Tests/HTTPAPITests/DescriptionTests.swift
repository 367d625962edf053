import Domain
import Testing

@testable import HTTPAPI

/// docs/openapi.yaml says of every route what the route table says, and of nothing else.
struct DescriptionTests {
    /// What the document says of one operation.
    private struct Described: Equatable {
        var method: String
        var path: String
        var roles: Set<String> = []
        var isOpen = false
        var hasBody = false
    }

    /// The operations of the document, by id; its layout is fixed, two spaces a level.
    private func described() throws -> [String: Described] {
        var operations: [String: Described] = [:]
        var (path, method, id) = ("", "", "")
        var isInPaths = false
        for line in String(decoding: APIDescription.bytes, as: UTF8.self).split(separator: "\n") {
            let indent = line.prefix { $0 == " " }.count
            let text = String(line.dropFirst(indent))
            if indent == 0 { isInPaths = text == "paths:" }
            guard isInPaths else { continue }
            switch indent {
            case 2: path = String(text.dropLast())
            case 4: method = text.dropLast().uppercased()
            case 6 where text.hasPrefix("operationId: "):
                id = String(text.dropFirst(13))
                try #require(operations[id] == nil, "\(id) is described twice")
                operations[id] = Described(method: method, path: path)
            case 6 where text.hasPrefix("x-role: ["):
                let words = text.dropFirst(9).dropLast().split(separator: ",").map { $0.filter { $0 != " " } }
                operations[id]?.roles = Set(words)
            case 6 where text == "security: []": operations[id]?.isOpen = true
            case 6 where text == "requestBody:": operations[id]?.hasBody = true
            default: break
            }
        }
        return operations
    }

    @Test func `the document and the route table agree exactly`() throws {
        let described = try described()
        var expected: [String: Described] = [:]
        for route in Route.all {
            let isOpen = route.access == .everybody
            let roles = isOpen ? [] : Set(Role.allCases.filter { route.admits($0) }.map(\.rawValue))
            expected[route.operation.rawValue] = Described(
                method: route.method,
                path: route.template,
                roles: roles,
                isOpen: isOpen,
                hasBody: route.hasBody
            )
        }
        #expect(Set(described.keys) == Set(expected.keys))
        for (id, operation) in expected { #expect(described[id] == operation, "\(id)") }
    }
}
