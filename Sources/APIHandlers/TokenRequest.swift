import Domain
import HTTPAPI
import Storage

/// A token as somebody wants it.
struct TokenRequest: Hashable, Sendable {
    private let name: String
    private let roles: [Role]
    private let days: Int

    /// Checks a request.
    ///
    /// - Parameters:
    ///   - name: what ledgers are to call whoever uses it.
    ///   - words: its roles.
    ///   - days: how long it works, 1 … 365.
    /// - Returns: a request that can be fulfilled.
    /// - Throws: `APIFailure.invalid` or `.unprocessable`.
    static func checked(
        name: String,
        roles words: [String],
        days: Int
    ) throws(APIFailure) -> TokenRequest {
        let others = Set("._@-".unicodeScalars)
        let isName = name.unicodeScalars.enumerated().allSatisfy { index, scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                || index > 0 && others.contains(scalar)
        }
        guard isName, (1...64).contains(name.utf8.count) else {
            throw .invalid(
                "name",
                "must be 1 to 64 letters, digits, dots, _, @ and -, beginning with a letter or digit"
            )
        }
        guard name != Alert.riskd else { throw .unprocessable("name", "is riskd's own") }
        var roles: [Role] = []
        for word in words {
            guard let role = Role(rawValue: word) else {
                let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("roles", "must be some of \(known)")
            }
            if !roles.contains(role) { roles.append(role) }
        }
        guard !roles.isEmpty else { throw .invalid("roles", "must name at least one") }
        guard Role.areCompatible(roles) else {
            throw .unprocessable("roles", "admin goes with no role that sees images: make two tokens")
        }
        guard (1...365).contains(days) else { throw .invalid("days", "must be 1 to 365") }
        return TokenRequest(name: name, roles: roles, days: days)
    }

    /// The token to be kept.
    ///
    /// - Parameters:
    ///   - secret: the token's text.
    ///   - now: the wall clock.
    /// - Returns: what the database gets.
    func token(_ secret: SecretText, now: Timestamp) -> NewToken {
        NewToken(hash: secret.hash, name: name, roles: roles, expires: now + .seconds(days * 86_400))
    }
}
