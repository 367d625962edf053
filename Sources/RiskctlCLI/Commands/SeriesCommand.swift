import Console
import Runtime

extension Command {
    /// `riskctl series`: a score over time, down-sampled by riskd.
    static let series = Command.asking(
        "series",
        "The risk series of an entity, in buckets",
        discussion: "A bucket without samples is left out: there the score follows from decay alone.",
        arguments: [.entity],
        flags: [
            .since, .until,
            Flag("points", value: "COUNT", "The most buckets, 2 to 2000; 60 unless given", values: .nothing),
            OutputFormat.flag,
        ]
    ) { session in
        let entity = try await EntityFinder(client: session.client).find(session.invocation.arguments[0])
        let series = try await session.client.get(
            ["entities", entity, "series"],
            [
                "since": try session.time("since"), "until": try session.time("until"),
                "points": String(try session.invocation.number("points", 60, in: 2...2000)),
            ]
        )
        switch session.format {
        case .table:
            SeriesSheet(series).sheet.write(to: session.terminal)
        case .csv, .ndjson:
            var report = Report(SeriesSheet.fields.map(\.column))
            for point in series["points"].elements {
                report.append(SeriesSheet.fields.map { $0.value(point) }, whole: point)
            }
            report.write(to: session.terminal, as: session.format)
        case .json, .yaml: try session.write(series) { Sheet() }
        }
    }
}

/// A page about a series.
private struct SeriesSheet {
    private let series: JSONValue

    init(_ series: JSONValue) { self.series = series }

    static let fields: [Field] = [
        .time("time"), .score("min"), .score("max"), .score("last"), .level(),
        .made("bar", isOptional: true) { .string(Self.bar($0["max"].double ?? 0)) },
        .number("queries"), .number("samples"), .number("last_sample", isOptional: true),
    ]

    /// Twenty characters for 100 points.
    private static func bar(_ score: Double) -> String {
        String(repeating: "█", count: Int(score / 5)) + (Int(score * 2) % 10 >= 5 ? "▌" : "")
    }

    var sheet: Sheet {
        var sheet = Sheet()
        sheet.line(
            "\(series["entity"].string ?? "") from \(shortTime(series["since"].string ?? "")) to "
                + shortTime(series["until"].string ?? "")
        )
        sheet.fact("bucket", series["step_seconds"].double.map { spoken(seconds: $0) })
        sheet.table("Score", Self.fields, series["points"].elements)
        sheet.table("Marks", [.time("time"), .value("kind"), .value("text")], series["markers"].elements)
        if series["points"].elements.isEmpty { sheet.line("no samples") }
        return sheet
    }
}
