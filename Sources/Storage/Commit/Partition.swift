import Domain
import PostgresClient

/// One day of a fact table.
struct Partition: Hashable, Comparable {
    let table: String
    /// Days since 1970-01-01 (UTC).
    let day: Int64

    private static let dayMilliseconds: Int64 = 86_400_000

    /// Such as `observation_20260302`.
    var name: String {
        let date = Timestamp(milliseconds: day * Self.dayMilliseconds).description.prefix { $0 != "T" }
        return "\(table)_\(date.hasPrefix("-") ? "m" : "")\(date.filter(\.isNumber))"
    }

    /// Images of up to a page stay in their rows: in pieces elsewhere each would be five rows and as many index entries.
    private var options: String { table == "history_image" ? " with (toast_tuple_target = 8160)" : "" }

    static func < (left: Partition, right: Partition) -> Bool {
        (left.table, left.day) < (right.table, right.day)
    }

    /// Creates the partition unless it exists.
    ///
    /// Attaching takes a weaker lock than `create table … partition of`: readers go on.
    ///
    /// - Returns: whether it was created.
    func ensure(_ session: isolated PostgresSession) throws -> Bool {
        let exists = try session.query("select to_regclass(\("riskd." + name)) is not null").first?.only(
            Bool.self
        )
        guard exists != true else { return false }
        try session.execute(
            unsafeSQL: """
                create table riskd.\(name) (like riskd.\(table) including all)\(options);
                alter table riskd.\(table) attach partition riskd.\(name)
                    for values from (to_timestamp(\(day * 86_400))) to (to_timestamp(\((day + 1) * 86_400)));
                """
        )
        return true
    }
}
