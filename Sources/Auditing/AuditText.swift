import Runtime
package import Storage

/// Rows of datasets as text.
package enum AuditText {
    /// Lines; without rows the header, where there is one.
    package static func lines(_ columns: [String], _ rows: [AuditRow], _ format: AuditExport.Format) -> String
    {
        guard format == .csv else { return rows.map { $0.json + "\n" }.joined() }
        return rows.isEmpty ? line(columns) : rows.map { line($0.values) }.joined()
    }

    private static func line(_ values: [String]) -> String {
        values.map { CSV.field(.string($0)) }.joined(separator: ",") + "\r\n"
    }
}
