import Console
import Domain
import RiskdTesting
import Runtime
import Testing

@testable import RiskctlCLI

@Suite struct OutputTests {
    private static let hostile = "u\u{1B}]0;x\u{7}\u{202E}\u{9B}31m|\nnew"

    private static func overview(_ level: String, stale: Bool = false, blind: [JSONValue] = []) -> JSONValue {
        .object([
            "time": "2026-03-02T08:08:17.995Z",
            "service": .object([
                "kind": "global", "name": "service", "level": .string(level), "score": 87.881,
            ]),
            "worst_entity": .object([
                "kind": "user", "name": .string(hostile), "level": .string(level), "score": 87.881,
                "model": "m",
            ]),
            "freshness": .object([
                "stale": .bool(stale), "reasons": .array(stale ? ["no record for 9 min"] : []),
                "database": "ok",
                "signal_age_seconds": 2.04,
            ]),
            "detectors": .object(["healthy": 2, "total": 2]),
            "calibration": .object(["health": "valid", "models": .array([])]),
            "coverage": .object([
                "blind": .array(blind),
                "accounts": .array([
                    .object(["user": .string(hostile), "unusable": 20, "used": 1, "reason": "missing_field"])
                ]),
            ]),
            "alerts": .object([
                "open": 3, "acknowledged": 1, "load": .object(["last_10_minutes": 1, "last_24_hours": 4]),
            ]),
            "thresholds": .object(["enter": .object(["medium": 40.0, "high": 70.5])]),
            "spark": .object([
                "step_seconds": 60,
                "points": .array([
                    .object(["time": "2026-03-02T08:00:00.000Z", "score": 0.5]),
                    .object(["time": "2026-03-02T08:02:00.000Z", "score": 99.9]),
                ]),
            ]),
        ])
    }

    @Test(arguments: [
        ("info", false, 0), ("low", false, 0), ("medium", false, 1), ("high", false, 2),
        ("critical", false, 2),
        ("uncalibrated", false, 3), ("info", true, 3), ("medium", true, 3), ("critical", true, 2),
    ])
    func `a check ends as monitoring plugins do`(_ level: String, _ isStale: Bool, _ code: Int32) {
        let overview = Self.overview(level, stale: isStale)
        let verdict = StatusCheck.verdict(overview, overview["service"], warn: "medium", crit: "high")
        #expect(verdict.code.rawValue == code)
        #expect(verdict.word == ["OK", "WARNING", "CRITICAL", "UNKNOWN"][Int(code)])
        let parts = verdict.text.split(separator: "|")
        // The user's name must not begin performance data, nor drive whoever shows the line.
        #expect(parts.count == 2)
        #expect(parts.last == " score=87.881;40;70.5;0;100 open_alerts=3;;;0 signal_age=2.0s;;;0")
        #expect(printable(verdict.text) == verdict.text)
        #expect(verdict.text.hasPrefix("the service is \(level) at 87.881, worst user u\\u{1b}]0;x"))
        #expect(verdict.text.contains("no record for 9 min") == isStale)
    }

    @Test(
        "what is logged and not seen is no calm: check is unknown unless it is critical, and status says so first"
    )
    func blindness() {
        let reason = "of the last 200 lines of /log/a, 96 % could not be used"
        for (level, code) in [("info", 3), ("medium", 3), ("high", 2)] as [(String, Int32)] {
            let overview = Self.overview(level, blind: [.string(reason)])
            let verdict = StatusCheck.verdict(overview, overview["service"], warn: "medium", crit: "high")
            #expect(verdict.code.rawValue == code && verdict.text.contains("NOT TRUSTWORTHY: \(reason)"))
            #expect(OverviewSheet(overview).blindness == "NOT TRUSTWORTHY: \(reason)")
            #expect(OverviewSheet(overview).alarm == nil)
            let frame = TopFrame(overview: overview, url: "https://riskd.example")
            let lines = frame.lines(on: Screen(columns: 200).terminal, columns: 200, rows: 24)
            #expect(lines[1].contains("NOT TRUSTWORTHY: \(reason)"))
        }
        let calm = OverviewSheet(Self.overview("info"))
        #expect(calm.blindness == nil)
        #expect(
            calm.coverage.hasPrefix(
                "what is logged is seen; most lines of 1 account cannot be used, the worst u"
            )
        )
    }

    @Test func `a picture of top fits every screen and is not driven by names`() {
        var frame = TopFrame(overview: Self.overview("high", stale: true), url: "https://riskd.example")
        frame.entities = (0..<40).map { index in
            .object([
                "kind": "user", "name": .string(index % 2 == 0 ? Self.hostile : "名前\(index)"), "model": "m",
                "level": "high",
                "score": 70.1, "lane": "burst",
            ])
        }
        frame.alerts = (0..<9).map { _ in
            .object([
                "level": "high", "score": 1, "state": "open", "alert": "01J6Q7R8S9TAVBWCXDYEZF0G1H",
                "subject": .object(["kind": "user", "name": .string(Self.hostile), "model": "m"]),
            ])
        }
        for columns in [20, 40, 79, 80, 120, 200] {
            for rows in [3, 10, 24, 60] {
                let lines = frame.lines(on: Screen(columns: columns).terminal, columns: columns, rows: rows)
                #expect(lines.count == rows)
                for line in lines {
                    #expect(displayWidth(line) <= max(columns, 36), "\(columns): \(line)")
                    #expect(printable(line) == line)
                }
                #expect(lines.last?.contains("quit") == true || columns < 36)
                #expect(lines.dropFirst().first?.contains("STALE") == true)
            }
        }
        #expect(
            frame.lines(on: Screen().terminal, columns: 120, rows: nil).count { $0.contains("[###] high") }
                == 49
        )
        frame.failure = "riskd at https://riskd.example cannot be asked"
        frame.age = 17
        #expect(
            frame.lines(on: Screen().terminal, columns: 120, rows: 24)[1].contains(
                "what is shown is 17 s old"
            )
        )
    }

    @Test func `a line of blocks keeps time`() {
        #expect(Sparkline.bars(Self.overview("info")["spark"]) == "▁ █")
        #expect(Sparkline.bars(Self.overview("info")["spark"], width: 1) == "█")
        #expect(Sparkline.bars(.null) == nil)
    }

    @Test func `a page about a hostile name is plain text`() {
        let screen = Screen(columns: 80)
        EntitySheet(.object(["standing": Self.overview("high")["worst_entity"]]), .null).sheet.write(
            to: screen.terminal
        )
        OverviewSheet(Self.overview("high")).sheet.write(to: screen.terminal)
        for line in screen.text.split(separator: "\n") { #expect(printable(String(line)) == line) }
        #expect(screen.text.contains("\\u{202e}"))
    }

    @Test func `rows are written as they come, in every format`() throws {
        let items: [JSONValue] = [
            .object(["kind": "user", "name": .string(Self.hostile), "level": "high", "score": 1.5])
        ]
        func written(_ format: OutputFormat, columns: Int? = nil) -> String {
            let screen = Screen(columns: columns)
            var writer = RowWriter(.users, on: screen.terminal, as: format)
            writer.write(items)
            writer.write(items)
            return screen.text
        }
        #expect(written(.table).split(separator: "\n").count == 3)
        #expect(written(.csv).hasPrefix("user,model,level,score,lane,bits,since,last_seen,pinned\r\n"))
        #expect(try JSONValue(parsing: written(.ndjson).split(separator: "\n")[1].utf8) == items[0])
        #expect(
            try JSONValue(parsing: written(.ndjson, columns: 80).split(separator: "\n")[1].utf8) == items[0]
        )
        #expect(written(.yaml).hasPrefix("---\nkind: user\nname: \"u\\u001b]0;x"))
        for format in OutputFormat.allCases {
            #expect(
                !written(format, columns: 80).unicodeScalars.contains {
                    "\u{1B}\u{9B}\u{202E}\u{7}".unicodeScalars.contains($0)
                }
            )
        }
    }

    @Test func `times are typed as ago, now or RFC 3339`() throws {
        let now = Timestamp(milliseconds: 10_000_000)
        for (text, expected) in [
            ("1h", "1970-01-01T01:46:40.000Z"), ("-1h", "1970-01-01T01:46:40.000Z"),
            ("now", "1970-01-01T02:46:40.000Z"),
            ("1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00.000Z"),
        ] { #expect(try Session.timeExpression(text, now: now) == expected) }
        for text in ["", "yesterday", "1", "--1h", "1 h"] {
            #expect(throws: UsageError.self) { try Session.timeExpression(text, now: now) }
        }
    }

    @Test func `numbers are said for people`() {
        #expect(
            pointsText(87.8805) == "87.881" && pointsText(-0.0304) == "-0.030" && pointsText(0) == "0.000"
        )
        #expect(
            fractionText(0.00914) == "0.0091" && fractionText(8e-05) == "8e-05" && fractionText(1) == "1.0000"
        )
        #expect(
            [45, 119.6, 600, 9000, 200_000].map { spoken(seconds: $0) } == [
                "45 s", "120 s", "10 min", "2.5 h", "2.3 d",
            ]
        )
        #expect(
            LevelText.words.map(LevelText.bar) + [LevelText.bar("uncalibrated")] == [
                "[---]", "[#--]", "[##-]", "[###]", "[!!!]", "[ ? ]",
            ]
        )
    }
}
