import Configuration
import Console
import Domain
import Foundation
import Recordings

extension Command {
    /// `riskd evaluate`: against the truth.
    static let evaluate = Command(
        "evaluate",
        "Measure the stored detections of a replayed trace against its truth file",
        discussion: """
            Levels come first: of the attempts to make an adversarial example, how many reach low, medium, high and critical \
            on an account of theirs or on a campaign that is at least half their own, while they run or within 60 s, and \
            after how many queries and seconds. Decoys belong to their attempt and are no queries of it. Then query alarms: \
            a query is alarmed when a detector's rung is at least that detector's alarm rung, an attempt is detected when \
            one of its queries is alarmed. Alarm rungs come from the calibration: about --alarm-share of its benign \
            queries reach one. --alarm-rung takes the same rung for every detector instead. Intervals are of 95 %: Clopper \
            and Pearson's for attempts and users, bootstrapped over users for queries.

            With --pace nothing that is stored is judged: the attempts of --log are moved so that their queries are so many \
            seconds apart, and what results is replayed by this configuration and the calibrations in force, in a private \
            PostgreSQL in a temporary folder (TMPDIR) that is removed afterwards. Several paces are compared.
            """,
        flags: [
            .config, .set, OutputFormat.flag,
            Flag("truth", value: "FILE", "Who was really what: CSV, also .gz or .xz"),
            Flag("alarm-share", value: "SHARE", "Benign queries that may be alarmed; 0.003 unless given"),
            Flag("log", value: "FILE", "The log that --pace replays; .gz and .xz too", isRepeatable: true),
            Flag(
                "pace",
                value: "LIST",
                "Seconds between an attempt's queries, or 'recorded'; several as 1,0.1,0.02",
                isRepeatable: true
            ),
            Flag(
                "benign-pace",
                value: "SECONDS",
                "The same for ordinary users whose images resemble each other: all styles but plain and mixed"
            ),
            Flag("html", value: "FILE", "Write a page with plots too; it fetches nothing"),
            Flag("alarm-rung", value: "RUNG", "Alarm every query that exceeds RUNG thresholds of a detector"),
        ],
        commands: [evaluateOpinion]
    ) { invocation in
        guard let path = invocation.value("truth") else { throw UsageError("expected --truth FILE") }
        let choice = try invocation.alarmChoice()
        let paces = try invocation.paces()
        let truth = try Truth(try RecordedText.read(path), path: path)
        let evaluations: [(pace: Pace?, evaluation: Evaluation)]
        if let paces {
            let request = PaceReplay.Request(
                logs: invocation.values("log"),
                truth: truth,
                truthPath: path,
                paces: paces.attempts,
                benign: paces.benign,
                choice: choice
            )
            let replay = try await invocation.withStore { store, configuration in
                try await PaceReplay(
                    request,
                    store,
                    configuration,
                    terminal: invocation.terminal,
                    log: invocation.log(configuration, isQuestion: true)
                )
            }
            // The state is not needed any more: a daemon may have it meanwhile.
            evaluations = try await replay.run().map { ($0.pace, $0.evaluation) }
        } else {
            let stored = try await invocation.withStore { store, _ in
                try await StoredEvaluation(store, choice).read(truth)
            }
            guard stored.missing < truth.entries.count else {
                throw EvaluationError.nothingMatches(path: path)
            }
            evaluations = [(nil, stored)]
        }
        if let page = invocation.value("html") {
            let html = EvaluationPage(
                evaluations,
                choice: choice,
                subject: path.split(separator: "/").last.map(String.init) ?? path
            ).html
            do { try html.write(toFile: page, atomically: true, encoding: .utf8) } catch {
                throw CommandFailure("\(page): the page cannot be written: \(error.localizedDescription)")
            }
        }
        EvaluationWriter(evaluations: evaluations, choice: choice)
            .write(to: invocation.terminal, as: invocation.format)
        return .ok
    }
}

extension Invocation {
    /// The paces that are asked for; nil: what is stored is to be judged.
    fileprivate func paces() throws(UsageError) -> (attempts: [Pace], benign: Pace?)? {
        guard has("pace") else {
            for flag in ["log", "benign-pace"] where has(flag) {
                throw UsageError("--\(flag) is for --pace; without it what is stored is judged")
            }
            return nil
        }
        func pace(_ text: String, _ flag: String) throws(UsageError) -> Pace {
            guard let pace = Pace(text) else {
                throw UsageError(
                    "--\(flag) must be 'recorded' or 0.000001 to 3600 seconds, in whole microseconds, got '\(text)'"
                )
            }
            return pace
        }
        guard has("log") else { throw UsageError("--pace needs --log FILE: the log that --truth belongs to") }
        var paces: [Pace] = []
        for text in values("pace").flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            let pace = try pace(String(text), "pace")
            guard !paces.contains(pace) else { throw UsageError("the pace \(pace) is asked for twice") }
            paces.append(pace)
        }
        var benign: Pace?
        if let text = value("benign-pace") { benign = try pace(text, "benign-pace") }
        return (paces, benign == .recorded ? nil : benign)
    }

    fileprivate func alarmChoice() throws(UsageError) -> AlarmRule.Choice {
        guard let text = value("alarm-rung") else {
            return .share(try number("alarm-share", AlarmRule.defaultShare, in: 0.000_001...1))
        }
        guard !has("alarm-share") else {
            throw UsageError("expected --alarm-share or --alarm-rung, not both")
        }
        guard let rung = Int(text), rung > 0 else {
            throw UsageError("--alarm-rung must be a whole number above 0")
        }
        return .rung(rung)
    }
}
