import Console
import Domain
import RiskdTesting
import Runtime
import Testing

@testable import RiskdCLI

@Suite struct PaceTests {
    @Test(
        arguments: [
            ("recorded", "recorded", nil), ("1", "1", 1_000_000), ("0.02", "0.02", 20_000),
            ("0.000001", "0.000001", 1), ("2e-3", "0.002", 2000), ("3600", "3600", 3_600_000_000),
            ("12.5", "12.5", 12_500_000),
        ] as [(String, String, Int64?)]
    )
    func `is recorded, or seconds in whole microseconds`(
        _ text: String,
        _ shown: String,
        _ gap: Int64?
    ) throws {
        let pace = try #require(Pace(text))
        #expect(pace.description == shown && pace.microseconds == gap)
    }

    @Test(arguments: ["", "0", "-1", "nan", "inf", "3600.1", "0.0000015", "fast", "1 s", "Recorded"])
    func `is nothing else`(_ text: String) { #expect(Pace(text) == nil) }

    @Test(arguments: [
        ("--pace 1", "--pace needs --log FILE: the log that --truth belongs to"),
        ("--log x", "--log is for --pace; without it what is stored is judged"),
        ("--benign-pace 1", "--benign-pace is for --pace; without it what is stored is judged"),
        (
            "--log x --pace 1,,2",
            "--pace must be 'recorded' or 0.000001 to 3600 seconds, in whole microseconds, got ''"
        ),
        (
            "--log x --pace 1 --benign-pace no",
            "--benign-pace must be 'recorded' or 0.000001 to 3600 seconds, in whole microseconds, got 'no'"
        ),
        ("--log x --pace 1,0.5 --pace 1.0", "the pace 1 is asked for twice"),
    ])
    func `refuses`(_ words: String, _ message: String) async {
        let (output, errors) = (Collected(), Collected())
        let code = await Riskd.program.run(
            ["evaluate", "--truth", "none.csv"] + words.split(separator: " ").map(String.init),
            on: Terminal(output: output.append, error: errors.append)
        )
        #expect(code == .usage && errors.text.contains(message), "\(errors.text)")
    }

    /// An evaluation of one attempt of twelve queries whose account is at a level from the first one on.
    private func evaluation(_ level: Level) throws -> Evaluation {
        let attacker = Entity.user(UserID("x"), model: ModelID("m"))
        var truth = "id,scenario,attack,attack_instance\n"
        var observations: [Evaluation.Judged] = []
        for number in 0..<12 {
            truth += "a\(number),whitebox,bim,<i>\n"
            observations.append(
                Evaluation.Judged(
                    record: "a\(number)",
                    sequence: Int64(number + 1),
                    entity: attacker,
                    campaign: nil,
                    time: Timestamp(milliseconds: Int64(number) * 1000),
                    tick: Tick(Int64(number)),
                    isAlarmed: true,
                    rarity: 0.001
                )
            )
        }
        let known = try Truth(truth, path: "truth")
        var history = LevelHistory()
        history.append(level, at: Timestamp(milliseconds: 0))
        let levels = LevelEvaluation(observations, truth: known, histories: [attacker: history])
        return Evaluation(observations, truth: known, reached: [:], levels: levels)
    }

    private func written(_ format: OutputFormat) throws -> String {
        let output = Collected()
        EvaluationWriter(
            evaluations: [
                (Pace("recorded"), try evaluation(.high)), (Pace("0.02"), try evaluation(.medium)),
                (Pace("0.002"), try evaluation(.info)),
            ],
            choice: .rung(1)
        ).write(to: Terminal(output: output.append, error: { _ in }), as: format)
        return output.text
    }

    @Test func `several paces are compared by the largest difference between any two`() throws {
        let lines = try written(.table).split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.contains(["10", "or", "more", "queries", "1", "medium", "1", "1", "0", "1"]))
        #expect(lines.contains(["10", "or", "more", "queries", "1", "high", "1", "0", "0", "1"]))
        #expect(lines.contains(["100", "or", "more", "queries", "0", "high", "0", "0", "0", "0"]))
    }

    @Test func `CSV and NDJSON have a line for each row of each table, with one header`() throws {
        let csv = try written(.csv).split(separator: "\r\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(csv[0].prefix(3) == ["table", "pace", "attack"])
        #expect(csv.allSatisfy { $0.count == csv[0].count })
        let attempts = csv.filter { $0[0] == "attempts" }
        #expect(attempts.map { $0[1] } == ["recorded", "0.02", "0.002"])
        let column = try #require(csv[0].firstIndex(of: "queries_until_medium"))
        #expect(attempts.map { $0[column] } == ["1", "1", ""])
        let tables = Set(csv.dropFirst().map { String($0[0]) })
        #expect(tables.isSuperset(of: ["paces", "levels", "until_levels", "benign_levels", "attacks"]))
        let rows = try written(.ndjson).split(separator: "\n")
        #expect(rows.count == csv.count - 1)
        #expect(rows[0].hasPrefix("{\"table\":\"paces\",\"pace\":null,\"attack\":"), "\(rows[0])")
    }

    @Test func `the page has a chart for each attempt, names escaped, and fetches nothing`() throws {
        let page = EvaluationPage(
            [(nil, try evaluation(.high))],
            choice: .rung(1),
            subject: "a&b"
        ).html
        #expect(page.contains("default-src 'none'") && page.contains("a&amp;b"))
        #expect(page.contains("&lt;i&gt;") && !page.contains("<i>"))
        #expect(page.contains("high at query 1, 0 s"))
        for word in ["http:", "https:", "src=", "href=", "url(", "<script", "@import"] {
            #expect(!page.contains(word), "\(word)")
        }
    }
}
