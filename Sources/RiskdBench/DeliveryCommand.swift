import Console
import Domain
import Foundation
import RiskdCLI
import Runtime
import Storage

extension Command {
    /// `riskd-bench delivery`: alerts to endpoints that do not all work.
    static let delivery = Command(
        "delivery",
        "Time alerts to a good, a slow and a dead endpoint, and what the dead one costs the scoring of records",
        discussion: """
            Runs riskd itself on a private PostgreSQL: --records records a second come into a log; after 20 seconds --rate \
            alerts a second are opened, each of which is told to three endpoints: one that answers at once, one that takes \
            20 ms a message, one after the other, and a third, which answers at once for half of the alerts and where nobody \
            listens for the other half (works, dead, dead, works). Prints how long alerts took from the request that opens \
            them to each endpoint, what arrived, what waits, and how long records took until they were committed, how many a \
            second were, and how much CPU riskd and PostgreSQL used meanwhile: without alerts, with three endpoints that work, \
            and with one that is dead; ratios are to the former. What is neither delivered nor waiting is lost.

            Before that, --attacks recorded attacks are written into a log as they happen, against riskd with its defaults, and             timed from the line of the query that tips a level (of its tick's, the first) to the request at the receiver.
            """,
        flags: [
            Flag("alerts", value: "COUNT", "Alerts in all, a multiple of 4; 10000 unless given"),
            Flag("rate", value: "COUNT", "Alerts a second; 100 unless given"),
            Flag("records", value: "COUNT", "Records a second; 50 unless given"),
            Flag(
                "attacks",
                value: "COUNT",
                "Recorded attacks before that, from query to receiver; 24 unless given, 0 for none"
            ),
            .fixture, .workplace, OutputFormat.flag,
        ]
    ) { invocation in
        let size = DeliveryBench.Size(
            alerts: try invocation.count("alerts", 10_000, in: 1...1_000_000),
            rate: try invocation.count("rate", 100, in: 1...10_000),
            records: try invocation.count("records", 50, in: 1...10_000)
        )
        let sources = try recordedSources(invocation.fixture).compactMap(\.image)
        let shape = ImageShape(height: 28, width: 28, channels: 1)
        let directory = try invocation.workplace()
        let attacks = try invocation.count("attacks", 24, in: 0...1000)
        let delay =
            attacks == 0
            ? nil
            : try await AttackDelay.run(
                attacks,
                fixture: invocation.fixture,
                directory: directory + "/attacks",
                terminal: invocation.terminal
            )
        let result = try await DeliveryBench(
            size: size,
            images: ImageMaker(shape: shape, sources: sources),
            directory: directory,
            terminal: invocation.terminal
        ).run()
        var report = Report([
            .init("what"), .init("count", isNumeric: true), .init("p50_s", isNumeric: true),
            .init("p95_s", isNumeric: true), .init("p99_s", isNumeric: true),
            .init("most_s", isNumeric: true), .init("per_s", isNumeric: true),
            .init("cpu_s_per_s", isNumeric: true), .init("p50_ratio", isNumeric: true),
            .init("cpu_ratio", isNumeric: true),
            .init("requests", isNumeric: true), .init("delivered", isNumeric: true),
            .init("waiting", isNumeric: true), .init("lost", isNumeric: true),
        ])
        func append(_ what: String, _ seconds: [Double], _ rest: [JSONValue]) {
            let sorted = seconds.sorted()
            func quantile(_ share: Double) -> JSONValue {
                place(in: sorted, share).map { .number(rounded($0, 3)) } ?? .null
            }
            report.append(
                [
                    .string(what), .integer(Int64(sorted.count)), quantile(0.5), quantile(0.95),
                    quantile(0.99), quantile(1),
                ] + rest
            )
        }
        if let delay {
            append(
                "attacks, tipping query to receiver",
                delay.seconds,
                [
                    .null, .null, .null, .null, .integer(Int64(delay.requests)),
                    .integer(Int64(delay.seconds.count)),
                ]
                    + [.integer(0), .integer(Int64(delay.lost))]
            )
        }
        let base = result.phases[.works] ?? .init()
        for phase in DeliveryBench.Phase.allCases {
            let figures = result.phases[phase] ?? .init()
            func ratio(_ value: (DeliveryBench.PhaseFigures) -> Double?) -> JSONValue {
                guard let own = value(figures), let other = value(base), other > 0 else { return .null }
                return .number(rounded(own / other, 2))
            }
            append(
                "records, \(phase.words)",
                figures.records,
                [
                    .number(rounded(Double(figures.records.count) / figures.length, 1)),
                    .number(rounded(figures.processor / figures.length, 2)),
                    ratio { place(in: $0.records.sorted(), 0.5) }, ratio { $0.processor / $0.length },
                    .null, .null, .null, .null,
                ]
            )
        }
        for name in ["good", "slow", "third", "dead"] {
            let status = result.statuses[name]
            // All but the test that each took first.
            let (delivered, waiting) = ((status?.delivered ?? 0) - 1, status?.pending ?? 0)
            let told = name == "third" || name == "dead" ? size.alerts / 2 : size.alerts
            append(
                "alerts, \(name)",
                result.arrivals[name] ?? [],
                [.null, .null, .null, .null]
                    + [result.requests[name] ?? 0, delivered, waiting, told - delivered - waiting].map {
                        .integer(Int64($0))
                    }
            )
        }
        report.write(to: invocation.terminal, as: invocation.format)
        try FileManager.default.removeItem(atPath: directory)
        return .ok
    }
}

/// The value below which a share of others lies; nil of none.
private func place(in sorted: [Double], _ share: Double) -> Double? {
    sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
}

extension DeliveryBench.Phase {
    fileprivate var words: String {
        switch self {
        case .calm: "no alerts"
        case .works: "endpoints work"
        case .dead: "one is dead"
        }
    }
}
