/// Why a database cannot serve, with what to do about it.
package enum DatabaseFault: Hashable, Sendable {
    /// Its encoding is not UTF8.
    case encoding(String)
    /// The server is a standby.
    case standby
    /// New transactions may not write.
    case readOnly
    /// A right is missing; the statement that gives it.
    case grant(String)
    /// What is in a schema belongs to another role; the statement that lets riskd change it.
    case foreignTables(schema: String, owner: String, grant: String)
}

extension DatabaseFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .encoding(let name):
            """
            the database is encoded in \(name), and riskd needs UTF8, because names come from everywhere: make one with \
            createdb --encoding=UTF8 --template=template0
            """
        case .standby:
            """
            the server is a standby, which is read-only: name the primary, or several hosts with \
            target_session_attrs=read-write
            """
        case .readOnly:
            "transactions are read-only here (default_transaction_read_only): riskd has to write"
        case .grant(let statement): "a right is missing: \(statement)"
        case .foreignTables(let schema, let owner, let grant):
            "what is in the schema \(schema) belongs to \(owner), and only its owner may change it: \(grant)"
        }
    }
}
