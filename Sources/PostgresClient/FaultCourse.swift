/// What to do about an error of PostgreSQL; ``FaultCourse/of(sqlState:)`` is the one table, docs/databases.md shows it.
package enum FaultCourse: String, Hashable, Sendable, CaseIterable {
    /// The same statement may succeed later on the same connection.
    case wait
    /// The same statement may succeed later on a new connection: this one leads to a server that cannot do it, or is gone.
    case reconnect
    /// Nothing that riskd can wait for changes it.
    case end

    /// Five characters, or the two of a class, and what to do; the longer match holds, and what is not named ends.
    ///
    /// - Complexity: read once for each error.
    package static let table: [(states: [String], course: FaultCourse, meaning: String)] = [
        (["08"], .reconnect, "the connection is gone, or a pooler gave none in time"),
        (
            ["25006"], .reconnect,
            "the server is read-only: a standby after a fail-over, or a switch of an administrator"
        ),
        (["25P03", "25P04"], .reconnect, "a time limit ended the transaction and its session"),
        (["40001", "40P01"], .wait, "the transaction was in the way of another"),
        (["40003"], .reconnect, "whether the statement was completed is not known"),
        (["53"], .wait, "out of disk space, memory, locks or connections"),
        (["55006", "55P03"], .wait, "somebody else holds what is needed"),
        (["57014"], .wait, "somebody cancelled the statement"),
        (
            ["57P01", "57P02", "57P03", "57P05"], .reconnect,
            "the server stops, has crashed, starts, or ended an idle session"
        ),
        (["57P04"], .end, "the database was dropped"),
        (["58"], .wait, "the server's disk or operating system failed"),
        (["72000"], .wait, "the snapshot is too old"),
        (["XX"], .end, "the server is damaged, or has a defect"),
    ]

    /// What to do about a state.
    ///
    /// - Parameter sqlState: the five characters of SQLSTATE.
    /// - Returns: the course.
    package static func of(sqlState: String) -> FaultCourse {
        let exact = table.first { $0.states.contains(sqlState) }
        let match = exact ?? table.first { $0.states.contains(String(sqlState.prefix(2))) }
        return match?.course ?? .end
    }
}
