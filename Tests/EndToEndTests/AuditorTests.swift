import Crypto
import Foundation
import Runtime
import Testing

extension LiveTests {
    /// What auditors and administrators ask of a running riskd with `riskctl`.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct AuditorTests {
        @Test func `auditors' questions have answers in every format, and only auditors get them`()
            async throws
        {
            let riskctl = try await RiskctlSession.open()
            var printed: RiskctlSession.Printed = [:]
            for words in [
                "audit datasets", "audit query samples --limit 5", "audit query level_changes to_level=high",
                "audit query observations --limit 3 --since 1h", "audit false-alarms",
            ] { printed[words] = await riskctl.formats(of: words, isList: true) }
            let sample =
                try await riskctl.json("samples user-024 --limit 1").elements.first?["sample"].text ?? ""
            printed["recompute"] = await riskctl.formats(of: "recompute \(sample)", isList: false)
            #expect(try riskctl.disagreements(printed).isEmpty)
            #expect(printed["audit datasets"]?["csv"]?.contains("\r\nerasures,") == true)
            let hidden = await riskctl.result("audit hidden")
            #expect(hidden.code == 0 && hidden.errors.contains("alerts were told to nobody"))

            let again = try await riskctl.json("recompute \(sample)")
            #expect(again["identical"] == true && again["differences"] == .array([]))
            #expect(again["stored"] == again["recomputed"])
            #expect(again["config_id"].string?.hasPrefix("sha256:") == true)
            #expect(await riskctl.run("recompute \(sample)").contains("every integer is identical"))
            for (words, message) in [
                ("recompute 99999999", "there is no sample"),
                ("audit query nothing", "there is no such dataset"),
                ("audit query samples colour=red", "colour"),
            ] {
                let result = await riskctl.result(words)
                #expect(result.code == 1 && result.errors.contains(message), "\(words): \(result.errors)")
            }
            for words in ["recompute \(sample)", "audit query samples", "audit datasets", "audit hidden"] {
                let refused = await riskctl.result(words, as: "root")
                #expect(refused.code == 1 && refused.errors.contains("needs auditor"), "\(words)")
            }
        }

        @Test func `an export is whole, or it has no manifest`() async throws {
            let riskctl = try await RiskctlSession.open()
            let folder = riskctl.path("audit")
            _ = await riskctl.run(
                "audit export samples observations actions --format csv --out \(folder) --where model=fashion"
            )
            let manifest = try JSONValue(
                parsing: Array(try Data(contentsOf: URL(filePath: folder + "/manifest.json")))
            )
            let files = manifest["files"].elements
            #expect(files.map { $0["name"].string } == ["samples.csv", "observations.csv", "actions.csv"])
            #expect(manifest["matches"] == .array(["model=fashion"]) && manifest["until"].string != nil)
            for file in files {
                let name = try #require(file["name"].string)
                let content = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
                #expect(
                    file["sha256"].string == sha256Hex(content)
                        && file["bytes"].integer == Int64(content.count)
                )
            }
            #expect(files.first?["rows"].integer ?? 0 > 10)
            let full = await riskctl.result("audit export samples --out \(folder)")
            #expect(full.code == 1 && full.errors.contains("is not empty"))
            let unknown = await riskctl.result("audit export nothing --out \(riskctl.path("other"))")
            #expect(unknown.code == 2 && unknown.errors.contains("is no dataset"))
        }

        @Test func `a running riskd erases a person between two batches and goes on`() async throws {
            let riskctl = try await RiskctlSession.open()
            func observations(_ limit: Int = 150) async throws -> [JSONValue] {
                try await riskctl.json("get observations --limit \(limit)").elements
            }
            let before = try await observations()
            // Somebody whom no other test asks for.
            let name = try #require(
                before.compactMap { $0["user"].string }.first { $0.hasPrefix("user-") && $0 != "user-024" }
            )
            let refused = await riskctl.result("audit erase \(name) --reason x --yes")
            #expect(refused.code == 1 && refused.errors.contains("needs admin"))
            let unknown = await riskctl.result("audit erase nobody-1 --reason x --yes", as: "root")
            #expect(unknown.code == 1 && unknown.errors.contains("nothing is known of that user"))
            let unasked = await riskctl.result("audit erase \(name) --reason x", as: "root")
            #expect(unasked.code == 2 && unasked.errors.contains("say --yes"))

            let done = try JSONValue(
                parsing: Array(
                    await riskctl.run("audit erase \(name) --reason \(name) --yes -o json", as: "root").utf8
                )
            )
            let pseudonym = try #require(done["pseudonym"].string)
            #expect(done["state"] == "done" && pseudonym.hasPrefix("erased-"))
            let ledger = try await riskctl.json("audit query erasures").elements
            #expect(
                ledger.contains { $0["pseudonym"].string == pseudonym && $0["reason"].string == pseudonym }
            )
            let after = try await observations()
            #expect(after.count == before.count)
            for (old, new) in zip(before, after) where old["user"].string == name {
                #expect(new["user"].string == pseudonym && new["source"] == .null)
                #expect(
                    new["record"].string == "erased-\(new["observation"].text)" && new["image_kept"] == false
                )
            }
            // The next record is scored.
            let line = LogLine.record(
                7_000_001,
                ["model": "\"fashion\"", "time": "\"\(Date.now.formatted(.iso8601))\"", "input": ""]
            )
            try riskctl.append(line + "\n")
            try await eventually("the record is scored") {
                try await observations(1).first?["record"].string == "r-7000001"
            }
        }
    }
}
