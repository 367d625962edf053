import Console
import Runtime

/// A list of the API: where it is, and what of its items people see.
struct Listing: Sendable {
    /// How following goes on.
    enum Growth: Sendable {
        /// It is asked again when one of these events comes; items whose state changed are written again, known by
        /// the values of these keys.
        case changes(on: Set<String>, keys: [String], state: @Sendable (JSONValue) -> JSONValue)
        /// Newest first by this whole number: what is new is written.
        case appends(number: String)
    }

    /// Segments below `/api/v1`.
    let path: [String]
    let fields: [Field]
    /// Whether it comes in pages.
    var isPaged = true
    let growth: Growth

    /// Items as rows; JSON and YAML show them whole.
    func report(_ items: [JSONValue]) -> Report {
        var report = Report(fields.map(\.column))
        for item in items { report.append(row(item), whole: item) }
        return report
    }

    func row(_ item: JSONValue) -> [JSONValue] { fields.map { $0.value(item) } }
}
