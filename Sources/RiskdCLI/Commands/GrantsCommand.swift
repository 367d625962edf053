import Auditing
import Console

extension Command {
    /// `riskd grants`: a role for SQL, which only a database's owner can give.
    static let grants = Command(
        "grants",
        "Print the SQL that lets a role read the auditors' views and nothing else",
        arguments: [Argument("ROLE", "The role's name")]
    ) { invocation in
        guard let statements = AuditGrants.statements(for: invocation.arguments[0]) else {
            throw UsageError("expected a role's name of small letters, digits and _")
        }
        invocation.terminal.write(statements)
        return .ok
    }
}
