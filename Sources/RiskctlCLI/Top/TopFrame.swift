import Console
import Runtime

/// What `riskctl top` shows at one moment, as lines that fit.
struct TopFrame {
    /// An `Overview`; null before the first answer.
    var overview: JSONValue = .null
    /// `Standing`s, the worst first.
    var entities: [JSONValue] = []
    /// `Alert`s of the queue.
    var alerts: [JSONValue] = []
    /// Why the last answer did not come; nil: it came.
    var failure: String?
    /// How old what is shown is, in seconds.
    var age: Double = 0
    var isPaused = false
    var url = ""

    /// After so many seconds without an answer what is shown is loudly old.
    private static let staleAfter = 5.0

    /// Lines without line breaks, each at most `columns` cells, at most `rows` of them.
    ///
    /// - Parameters:
    ///   - terminal: says whether colours may be used.
    ///   - columns: how wide.
    ///   - rows: how high; nil: as high as it takes.
    /// - Returns: the lines.
    func lines(on terminal: Terminal, columns: Int, rows: Int?) -> [String] {
        let narrow = Terminal(
            isOutputColoured: terminal.isOutputColoured,
            isOutputTerminal: true,
            columns: columns,
            output: { _ in },
            error: { _ in }
        )
        func line(_ text: String, _ style: Terminal.Style? = nil) -> String {
            let cut = fitted(printable(text), to: columns)
            return style.map { terminal.styled(cut, $0) } ?? cut
        }
        var lines = [line(header, .bold)]
        lines += alarms.map { line(" \($0) ", .alarm) }
        if overview != .null {
            let page = OverviewSheet(overview)
            let level = overview.at("service.level").string ?? "uncalibrated"
            lines.append(line(page.headline, LevelText.style(level)))
            if let bars = Sparkline.bars(overview["spark"], width: max(10, columns - 13)) {
                lines.append(line("last 60 min  \(bars)"))
            }
            lines.append(line("data         \(page.freshness)"))
            lines.append(
                line(
                    "health       detectors \(overview.at("detectors.healthy").text)/\(overview.at("detectors.total").text)"
                        + ", calibration \(page.calibration)"
                )
            )
            lines.append(line("alerts       \(page.alerts)"))
        }
        let footer = line(
            isPaused ? "PAUSED  space goes on  r refresh  q quit" : "space pause  r refresh  q quit",
            .dim
        )
        // What is left of the height, two thirds of it for entities.
        let left = rows.map { max(0, $0 - lines.count - 1) }
        let alertRows = min(alerts.count, left.map { max(0, $0 / 3 - 2) } ?? alerts.count)
        let entityRows = min(
            entities.count,
            left.map { max(0, $0 - (alertRows > 0 ? alertRows + 2 : 0) - 2) } ?? entities.count
        )
        lines += table(Self.entityFields, Array(entities.prefix(entityRows)), on: narrow)
        lines += table(Self.alertFields, Array(alerts.prefix(alertRows)), on: narrow)
        guard let rows else { return lines }
        lines = Array(lines.prefix(max(0, rows - 1)))
        return lines + Array(repeating: "", count: max(0, rows - 1 - lines.count)) + [footer]
    }

    private var header: String {
        let time = overview["time"].string.map { String($0.dropFirst(11).prefix(8)) } ?? "--:--:--"
        return "riskd  UTC \(time)  \(failure == nil ? "live" : "NO ANSWER")  \(url)"
    }

    private var alarms: [String] {
        var alarms: [String] = []
        if let failure {
            let old = overview == .null ? "" : "; what is shown is \(spoken(seconds: age)) old"
            alarms.append("\(failure)\(old)")
        } else if age > Self.staleAfter, !isPaused {
            alarms.append("what is shown is \(spoken(seconds: age)) old")
        }
        if overview != .null {
            let page = OverviewSheet(overview)
            alarms += [page.alarm, page.blindness].compactMap { $0 }
        }
        return alarms
    }

    private func table(_ fields: [Field], _ items: [JSONValue], on terminal: Terminal) -> [String] {
        guard !items.isEmpty else { return [] }
        var report = Report(fields.map(\.column))
        for item in items { report.append(fields.map { $0.value(item) }) }
        return [""] + report.table(on: terminal).split(separator: "\n").map(String.init)
    }

    private static let entityFields: [Field] = [
        .level(), .score(), .value("kind"), .value("name"), .value("model", isOptional: true), .value("lane"),
        .time("last_seen", isOptional: true),
    ]
    private static let alertFields: [Field] = [
        .level(), .score(), .value("state"), .made("subject") { .string(Listing.subjectText($0["subject"])) },
        .time("since", "started_at", isOptional: true), .value("assignee", isOptional: true),
        .value("alert", isOptional: true),
    ]
}
