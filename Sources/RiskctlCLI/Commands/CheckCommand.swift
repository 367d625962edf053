import Console
import Runtime

extension ExitCode {
    /// What monitoring plugins end with when they cannot tell.
    static let unknown = ExitCode(rawValue: 3)
}

extension Command {
    /// `riskctl check`: a plugin for Nagios and its relatives.
    static let check = Command(
        "check",
        "Say ok, warning, critical or unknown as a monitoring plugin: one line and exit code 0, 1, 2 or 3",
        discussion: """
            A level that is reached counts. Data that cannot be trusted (stale, without a calibration, or logged and not seen) is unknown, unless the \
            level is critical all the same: a calm level on old data is no good news. \
            The line ends with performance data: the score with its thresholds, open alerts, the age of the newest record.
            """,
        flags: [
            Flag(
                "warn",
                short: "w",
                value: "LEVEL",
                "Warning from this level on; medium unless given",
                values: .words(LevelText.words)
            ),
            Flag(
                "crit",
                short: "c",
                value: "LEVEL",
                "Critical from this level on; high unless given",
                values: .words(LevelText.words)
            ),
            Flag(
                "entity",
                value: "ENTITY",
                "Of this instead of the whole service",
                values: .asked(Known.entities)
            ),
        ],
        failure: .unknown
    ) { invocation in
        do {
            let verdict = try await StatusCheck(Session(invocation)).run()
            invocation.terminal.writeLine("RISKD \(verdict.word) - \(verdict.text)")
            return verdict.code
        } catch let error as UsageError {
            throw error
        } catch {
            invocation.terminal.writeLine("RISKD UNKNOWN - \(error)".replacing("|", with: "/"))
            return .unknown
        }
    }
}

struct StatusCheck {
    /// How it came out.
    struct Verdict: Hashable {
        let code: ExitCode
        let text: String

        var word: String {
            switch code {
            case .ok: "OK"
            case .error: "WARNING"
            case .usage: "CRITICAL"
            default: "UNKNOWN"
            }
        }
    }

    private let session: Session

    init(_ session: Session) { self.session = session }

    func run() async throws -> Verdict {
        let warn = try session.invocation.level("warn") ?? "medium"
        let crit = try session.invocation.level("crit") ?? "high"
        let overview = try await session.client.get(["overview"])
        var standing = overview["service"]
        if let name = session.invocation.value("entity") {
            let entity = try await EntityFinder(client: session.client).find(name)
            standing = try await session.client.get(["entities", entity])["standing"]
        }
        return Self.verdict(overview, standing, warn: warn, crit: crit)
    }

    /// The verdict.
    ///
    /// - Parameters:
    ///   - overview: an `Overview`.
    ///   - standing: the `Standing` that counts.
    ///   - warn: the level that is a warning.
    ///   - crit: the level that is critical.
    /// - Returns: code and line.
    static func verdict(_ overview: JSONValue, _ standing: JSONValue, warn: String, crit: String) -> Verdict {
        let level = standing["level"].string ?? "uncalibrated"
        let rank = LevelText.words.firstIndex(of: level)
        func reaches(_ word: String) -> Bool {
            rank.map { $0 >= LevelText.words.firstIndex(of: word) ?? 0 } ?? false
        }
        let page = OverviewSheet(overview)
        let code: ExitCode
        if reaches(crit) {
            code = .usage
        } else if rank == nil || page.alarm != nil || page.blindness != nil {
            code = .unknown
        } else {
            code = reaches(warn) ? .error : .ok
        }
        let score = standing["score"].double ?? 0
        let kind = standing["kind"].string ?? ""
        var text =
            "\(kind == "global" ? "the service" : "\(kind) \(standing["name"].string ?? "")") is \(level) at "
        text += pointsText(score)
        let worst = overview["worst_entity"]
        if kind == "global", let name = worst["name"].string {
            text += ", worst \(worst["kind"].string ?? "") \(name)"
        }
        text += ", \(counted(Int(overview.at("alerts.open").integer ?? 0), "open alert"))"
        for alarm in [page.alarm, page.blindness] { if let alarm { text += ", \(alarm)" } }
        // The one character that means something to whoever reads the line.
        text = printable(text).replacing("|", with: "/")
        let bounds = [warn, crit].map { overview.at("thresholds.enter.\($0)").double.map(decimal) ?? "" }
        var data = "score=\(pointsText(score));\(bounds[0]);\(bounds[1]);0;100"
        data += " open_alerts=\(overview.at("alerts.open").integer ?? 0);;;0"
        if let age = overview.at("freshness.signal_age_seconds").double {
            data += " signal_age=\(oneDecimal(age))s;;;0"
        }
        return Verdict(code: code, text: "\(text) | \(data)")
    }
}
