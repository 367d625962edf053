import Domain
import Foundation
import RiskdCLI
import Runtime
import Storage

extension Command {
    /// `riskd-bench delivery`: alerts to endpoints that do not all work.
    static let delivery = Command(
        "delivery",
        "Time alerts to a good, a slow and a dead endpoint, while records are scored beside them",
        discussion: """
            Runs riskd itself on a private PostgreSQL: --records records a second come into a log; after 20 seconds --rate \
            alerts a second are opened, each of which is told to three endpoints: one that answers at once, one that takes \
            20 ms a message, one after the other, and one where nobody listens. Prints how long alerts took from the request \
            that opens them to each endpoint, what arrived, what waits, and how long records took until they were committed, \
            without alerts and with them. What is neither delivered nor waiting is lost.
            """,
        flags: [
            Flag("alerts", value: "COUNT", "Alerts in all; 10000 unless given"),
            Flag("rate", value: "COUNT", "Alerts a second; 100 unless given"),
            Flag("records", value: "COUNT", "Records a second; 50 unless given"),
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
        let result = try await DeliveryBench(
            size: size,
            images: Picture(shape: shape, sources: sources),
            directory: directory,
            terminal: invocation.terminal
        ).run()
        var report = Report([
            .init("what"), .init("count", isNumeric: true), .init("p50_s", isNumeric: true),
            .init("p95_s", isNumeric: true), .init("p99_s", isNumeric: true),
            .init("most_s", isNumeric: true),
            .init("requests", isNumeric: true), .init("delivered", isNumeric: true),
            .init("waiting", isNumeric: true), .init("lost", isNumeric: true),
        ])
        func append(_ what: String, _ seconds: [Double], _ rest: [JSONValue]) {
            let sorted = seconds.sorted()
            func quantile(_ share: Double) -> JSONValue {
                guard !sorted.isEmpty else { return .null }
                let place = min(sorted.count - 1, Int(share * Double(sorted.count)))
                return .number(rounded(sorted[place], 3))
            }
            report.append(
                [
                    .string(what), .integer(Int64(sorted.count)), quantile(0.5), quantile(0.95),
                    quantile(0.99), quantile(1),
                ] + rest
            )
        }
        let none: [JSONValue] = [.null, .null, .null, .null]
        append("records, no alerts", result.calm, none)
        append("records, with alerts", result.loaded, none)
        for name in ["good", "slow", "dead"] {
            let status = result.statuses[name]
            let (delivered, waiting) = (status?.delivered ?? 0, status?.pending ?? 0)
            append(
                "alerts, \(name)",
                result.arrivals[name] ?? [],
                [result.requests[name] ?? 0, delivered, waiting, size.alerts - delivered - waiting].map {
                    .integer(Int64($0))
                }
            )
        }
        report.write(to: invocation.terminal, as: invocation.format)
        try FileManager.default.removeItem(atPath: directory)
        return .ok
    }
}
