/// One statement: SQL text, and the values that its `$1`, `$2`, … stand for.
///
/// Written as a string with interpolations: `"select * from sample where id = \(id)"`. A value never becomes part
/// of the text; raw text has to be spelled `\(unsafeSQL: name)`.
package struct PostgresQuery: ExpressibleByStringInterpolation, Sendable {
    let sql: String
    let parameters: [PostgresParameter]

    package init(stringLiteral value: String) {
        sql = value
        parameters = []
    }

    package init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        parameters = stringInterpolation.parameters
    }

    /// A statement without values.
    ///
    /// - Parameter unsafeSQL: text that no outsider has a part in.
    package init(unsafeSQL: String) { self.init(stringLiteral: unsafeSQL) }

    /// Collects the text and the values.
    package struct StringInterpolation: StringInterpolationProtocol {
        var sql = ""
        var parameters: [PostgresParameter] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + 3 * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { sql += literal }

        /// Adds a value, which becomes the next `$n`.
        package mutating func appendInterpolation(_ value: some PostgresCodable) {
            parameters.append(value.postgresParameter)
            sql += "$\(parameters.count)"
        }

        /// Adds a value or the SQL null, which becomes the next `$n`.
        package mutating func appendInterpolation(_ value: (some PostgresCodable & PostgresNullable)?) {
            parameters.append(value.postgresParameter)
            sql += "$\(parameters.count)"
        }

        /// Adds text as it stands.
        package mutating func appendInterpolation(unsafeSQL: String) { sql += unsafeSQL }
    }
}
