/// What lets a role read the auditors' views and nothing else.
package enum AuditGrants {
    /// The statements, for whoever may give rights on this database.
    ///
    /// - Parameter role: the role's name.
    /// - Returns: SQL; nil where the name is none.
    package static func statements(for role: String) -> String? {
        guard let first = role.utf8.first, role.utf8.count <= 63, !(48...57).contains(first),
            role.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 })
        else { return nil }
        return """
            -- Run this as the owner of riskd's database or a superuser; the role itself is made by:
            --   create role \(role) login;
            revoke all on schema riskd from \(role);
            revoke all on all tables in schema riskd from \(role);
            grant usage on schema riskd_audit to \(role);
            grant select on all tables in schema riskd_audit to \(role);
            alter default privileges in schema riskd_audit grant select on tables to \(role);
            alter role \(role) set default_transaction_read_only = on;
            alter role \(role) set search_path = riskd_audit;
            alter role \(role) set timezone = 'UTC';

            """
    }
}
