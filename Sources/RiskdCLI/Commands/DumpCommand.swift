import Configuration
import Console
import Domain
import Runtime
import Storage

extension Command {
    /// `riskd dump`: a table, for comparing databases.
    static let dump = Command(
        "dump",
        "Print a table's rows in the order of their keys, to compare two databases",
        discussion: """
            Rows that depend on the records and their order alone come out the same, byte for byte, however a log was \
            batched or interrupted.
            """,
        arguments: [
            Argument("TABLE", FactTable.allCases.map(\.name).joined(separator: ", "))
        ],
        flags: [.config, .set]
    ) { invocation in
        guard let table = FactTable(rawValue: invocation.arguments[0]) else {
            let names = FactTable.allCases.map(\.name)
            let hint =
                closestMatch(to: invocation.arguments[0], in: names).map { "; did you mean '\($0)'?" } ?? ""
            throw UsageError("there is no table '\(invocation.arguments[0])'\(hint)")
        }
        try await invocation.withStore { store, _ in
            let terminal = invocation.terminal
            try await store.dump(table) { terminal.writeData($0) }
        }
        return .ok
    }
}
