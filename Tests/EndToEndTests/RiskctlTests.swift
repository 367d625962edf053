import Foundation
import Glibc
import RiskdTesting
import Runtime
import Testing

extension LiveTests {
    /// `riskctl` against the API of a `riskd run` that sees an attack, as people type it.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct RiskctlTests {
        /// A name that drives a terminal, ends a line and turns text around.
        private static let hostile = "\u{1B}]0;owned\u{7}\u{202E}=cmd\u{9B}2J"

        @Test func `every verb does its work, in every format`() async throws {
            let riskctl = try await RiskctlSession.open()
            let id = try #require(
                try await riskctl.json("alert list --state all").elements.first?["alert"].string
            )
            let sample =
                try await riskctl.json("samples user-024 --limit 1").elements.first?["sample"].text ?? ""
            let calibration =
                try await riskctl.json("get calibrations").elements.first?["calibration"].string ?? ""
            let campaign =
                try await riskctl.json("get entities --level low").elements
                .first { $0["kind"] == "campaign" }?["name"].string ?? ""
            var printed: RiskctlSession.Printed = [:]
            for words in [
                "get users", "get models", "get entities --level low", "get campaigns",
                "get alerts --state all",
                "alert list --level high+", "get silences --over", "silence list", "get endpoints",
                "endpoint list",
                "get detectors", "get coverage", "get blind-accounts", "detector list",
                "get calibrations --own", "calibration list", "get tokens",
                "token list",
                "get observations --limit 7", "get samples user-024 --limit 5", "samples global --limit 5",
                "events --limit 5",
                "events --user user-024 --level high+ --since 1h", "alert chain \(id) --limit 5",
                "alert deliveries \(id)",
                "endpoint attempts soc", "audit actions", "audit reads", "series user-024 --since 1h",
                "doctor",
            ] { printed[words] = await riskctl.formats(of: words, isList: true) }
            for words in [
                "status", "describe user user-024", "describe model fashion", "describe service",
                "describe campaign \(campaign)", "describe alert \(id.prefix(24))", "alert show \(id)",
                "describe sample \(sample)", "explain \(sample)", "describe observation 3",
                "describe calibration \(calibration.prefix(20))", "calibration show \(calibration)", "whoami",
                "silence preview model=fashion", "audit sample user-024 --at now",
            ] { printed[words] = await riskctl.formats(of: words, isList: false) }
            #expect(try riskctl.disagreements(printed).isEmpty)
            #expect(
                printed["get users"]?["csv"]?.hasPrefix(
                    "user,model,level,score,lane,bits,since,last_seen,pinned\r\nuser-024,fashion,"
                ) == true
            )
            // Whether it rose level by level or at once depends on when ticks began.
            let lines = try #require(printed["events --user user-024 --level high+ --since 1h"]?["csv"])
                .split(whereSeparator: \.isNewline).dropFirst()
            let changes = try await riskctl.sandbox.numbers(
                "select count(*) from riskd.level_change where entity_name = 'user-024' and greatest(from_level, to_level) >= 3"
            )
            #expect(lines.count > 0 && changes == [lines.count])
            #expect(lines.allSatisfy { $0.contains(",high,") || $0.contains(",critical,") })
        }

        @Test func `what people do is done, by whom it may be done`() async throws {
            let riskctl = try await RiskctlSession.open()
            let id = try #require(
                try await riskctl.json("alert list --entity user-024").elements.first?["alert"].string
            )
            // Who reads is told of what happens from now on, and ends after as much as was asked for.
            let reader = try riskctl.begin(
                "events -f -o ndjson --limit 1 --count 1 --entity user-024 --level low"
            )
            let watcher = try riskctl.begin("get alerts -w -o ndjson --state all --entity user-024")
            try await eventually("both follow", { reader.errors + watcher.errors }) {
                reader.lines.count >= 1 && watcher.lines.count >= 1
            }
            #expect(
                await riskctl.run("alert ack \(id.prefix(24))", more: ["--note", "seen\u{1B}[2J"])
                    == "\(id) acknowledged\n"
            )
            #expect(try await reader.code() == 0)
            let told = try JSONValue(parsing: Array((reader.lines.last ?? "").utf8))
            #expect(told["event"] == "alert acknowledged" && told["detail"].string == id)
            for (words, event) in [
                ("alert assign \(id) --to ada", "assigned"), ("alert note \(id) --note found", "noted"),
                ("alert confirm \(id)", "confirmed"), ("alert resolve \(id) --verdict unknown", "resolved"),
                ("alert reopen \(id)", "reopened"),
            ] {
                _ = await riskctl.run(words)
                try await eventually(event) {
                    try await riskctl.json("alert show \(id)")["events"].elements.contains {
                        $0["kind"].string == event
                    }
                }
            }
            #expect(await riskctl.run("alert show \(id)").contains("seen\\u{1b}[2J"))
            try await eventually("the watcher is told", { watcher.errors }) {
                watcher.output.contains("\"assignee\":\"ada\"")
            }
            watcher.stop()

            #expect(
                await riskctl.run("silence add user=nobody --for 2h --comment drill").hasPrefix(
                    "silence 1 until "
                )
            )
            #expect(
                try await riskctl.json("silence list").elements.first?["matchers"] == .array(["user=nobody"])
            )
            let preview = await riskctl.run(
                "silence add --matcher model=fashion --for 1h --comment x --preview"
            )
            #expect(preview.contains("would have hidden"))
            #expect(await riskctl.run("silence expire 1 --yes") == "silence 1 is over\n")
            #expect(try await riskctl.json("silence list").elements.isEmpty)

            let refused = await riskctl.result("endpoint test soc")
            #expect(refused.code == 1)
            #expect(
                refused.errors.contains(
                    "not allowed: the role responder, auditor does not allow this: it needs admin"
                )
            )
            #expect(await riskctl.run("endpoint test soc", as: "root").hasPrefix("soc: delivered"))
            #expect(
                await riskctl.run("endpoint disable soc --reason drill --yes", as: "root")
                    == "soc is disabled\n"
            )
            #expect(await riskctl.run("endpoint enable soc --reason over", as: "root") == "soc is enabled\n")
            #expect(
                await riskctl.run("endpoint resend soc --since 1h --yes", as: "root").hasSuffix(
                    "sent again to soc\n"
                )
            )
            #expect(try await riskctl.json("endpoint attempts soc").elements.isEmpty == false)

            let file = riskctl.path("vera")
            #expect(
                await riskctl.run("token create vera --role viewer --out \(file)", as: "root").contains(
                    "is in \(file)"
                )
            )
            #expect(await riskctl.run("whoami", as: "vera").hasPrefix("vera at http://127.0.0.1:"))
            #expect(await riskctl.run("token revoke vera --yes", as: "root").contains("vera, is revoked"))
            let gone = await riskctl.result("whoami", as: "vera")
            #expect(gone.code == 1 && gone.errors.contains("the token is unknown, expired or revoked"))

            let image = riskctl.path("3.png")
            #expect(
                await riskctl.run("image 3 --reason case --alert \(id) --out \(image)").hasSuffix(
                    "are in \(image)\n"
                )
            )
            #expect(try Data(contentsOf: URL(fileURLWithPath: image)).starts(with: [0x89, 0x50, 0x4E, 0x47]))
            #expect(try await riskctl.json("audit reads").elements.first?["reason"] == "case")
            let again = await riskctl.result("image 3 --reason case --out \(image)")
            #expect(again.code == 1 && again.errors.contains("File exists"))
        }

        @Test func `check, completion and top see what is there`() async throws {
            let riskctl = try await RiskctlSession.open()
            let user = try await riskctl.json("describe user user-024")["standing"]
            let level = try #require(user["level"].string)
            let reached = await riskctl.result("check --entity user-024 --warn info --crit \(level)")
            #expect(reached.code == 2)
            #expect(reached.output.hasPrefix("RISKD CRITICAL - user user-024 is "))
            #expect(reached.output.contains(" | score=") && reached.output.contains(" open_alerts="))
            // Of a user nothing is known against.
            let calm = await riskctl.result("check --entity user:fashion/nobody-at-all")
            #expect(calm.code == 3 && calm.output.hasPrefix("RISKD UNKNOWN - not found"))
            let nobody = await riskctl.result("check", as: "no-such-file")
            #expect(nobody.code == 3 && nobody.output.contains("there is no such file"))

            let id = try #require(
                try await riskctl.json("alert list --state all").elements.first?["alert"].string
            )
            let known = await riskctl.completions(
                "riskctl --url \(riskctl.address) --token-file \(riskctl.path("ruth")) alert show \(id.prefix(25))"
            )
            #expect(known == "words\n\(id)\n")

            #expect(await riskctl.run("top -n 1").contains("user-024"))
            for key in ["q", "\u{4}"] {
                let (screen, code) = try await riskctl.top(key: key)
                #expect(code == 0)
                // It enters its own screen, draws, and leaves everything as it was.
                #expect(screen.hasPrefix("\u{1B}[?1049h\u{1B}[?25l") && screen.contains("user-024"))
                #expect(screen.contains("\u{1B}[?25h\u{1B}[?1049l") && screen.contains("modes as before"))
            }
            let (screen, code) = try await riskctl.top(signal: SIGTERM)
            #expect(
                code == 143 && screen.contains("\u{1B}[?25h\u{1B}[?1049l")
                    && screen.contains("modes as before")
            )
        }

        @Test func `a hostile name drives no terminal`() async throws {
            let riskctl = try await RiskctlSession.open()
            let line = LogLine.record(
                1,
                [
                    "user": JSONValue.string(Self.hostile).text, "model": "\"fashion\"",
                    "time": "\"\(Date.now.formatted(.iso8601))\"",
                    "input":
                        #"{"shape":[28,28,1],"dtype":"uint8","data":"\#(Data(count: 784).base64EncodedString())"}"#,
                    "prediction": #"{"class":"bag","probability":0.5}"#,
                ]
            )
            try riskctl.append(line + "\n")
            var newest: JSONValue = .null
            try await eventually("the record is scored") {
                newest = try await riskctl.json("get observations --limit 1").elements.first ?? .null
                return newest["user"].string == Self.hostile
            }
            for words in [
                "get observations --limit 2", "get observations --limit 2 -o csv",
                "get observations --limit 2 -o json",
                "get observations --limit 2 -o ndjson", "get observations --limit 2 -o yaml",
                "describe observation \(newest["observation"].text)",
            ] {
                // Programs get a CSV as it is.
                for columns in [80, words.contains("-o") ? 120 : nil] {
                    let shown = await riskctl.run(words, columns: columns)
                    let driving = shown.unicodeScalars.filter {
                        $0 != "\n" && [.control, .format].contains($0.properties.generalCategory)
                    }
                    #expect(driving.isEmpty, "\(words): \(driving)")
                    #expect(shown.contains("owned") || columns == 80)
                }
            }
            // It did nothing yet: riskd keeps no sample of it, and says so without being driven either.
            let found = await riskctl.result("describe user", more: [Self.hostile])
            #expect(
                found.errors.contains("\\u{1b}]0;owned") && !(found.errors + found.output).contains("\u{1B}")
            )
        }
    }
}
