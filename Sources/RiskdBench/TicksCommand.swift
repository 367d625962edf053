import Console
import RiskdCLI
import Runtime

extension Command {
    /// `riskd-bench ticks`: the scoring engine alone.
    static let ticks = Command(
        "ticks",
        "Time closing one busy tick with 1,000, 10,000 and 100,000 users that hold evidence",
        discussion: """
            No detectors and no database: one model, users with evidence in all four lanes, and in every tick 100 queries \
            of 100 of them. Three states: warm (all below every level, and all looked at for the exact roll-up), mixed (1 % \
            at medium, the others warm) and elevated (all at medium: the level of each is evaluated and issued when it \
            changes). Ratios are against 1,000 users of the same state.
            """,
        flags: [
            Flag("ticks", value: "COUNT", "Ticks of each measurement; 20 unless given"),
            OutputFormat.flag,
        ]
    ) { invocation in
        let count = try invocation.count("ticks", 20, in: 1...1000)
        var report = Report([
            .init("state"), .init("users", isNumeric: true), .init("ticks", isNumeric: true),
            .init("ms_per_tick", isNumeric: true), .init("ms_slowest", isNumeric: true),
            .init("us_per_query", isNumeric: true), .init("ratio", isNumeric: true),
        ])
        for state in TicksBench.State.allCases {
            var first: Double?
            for users in [1000, 10_000, 100_000] {
                invocation.terminal.note("timing \(users) users, \(state.rawValue)")
                var bench = try TicksBench(users: users, state: state)
                let result = try bench.run(ticks: count)
                let mean = result.mean
                first = first ?? mean
                report.append([
                    .string(state.rawValue), .integer(Int64(users)), .integer(Int64(count)),
                    .number(rounded(mean, 3)), .number(rounded(result.slowest, 3)),
                    .number(rounded(result.perQuery, 1)), .number(rounded(mean / max(first ?? 1, 1e-9), 1)),
                ])
            }
        }
        report.write(to: invocation.terminal, as: invocation.format)
        return .ok
    }
}
