import Foundation
import Recordings
import Testing

extension RecordedTests {
    /// An attack spread over many accounts raises its campaign, and not the accounts (docs/campaigns.md).
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct CampaignTests {
        private static let truth = Fashion.path("fashion-dev.truth.csv.gz")

        /// A database with the trace in which every attack query comes from the next of so many accounts.
        private func spread(over accounts: Int) async throws -> Sandbox {
            let sandbox = try await Sandbox()
            sandbox.settings = ["workers=2", "http.listen=127.0.0.1:0", "api.listen=127.0.0.1:0"]
            var attacks: Set<Substring> = []
            for row in try RecordedText.read(Self.truth).split(separator: "\n") {
                let fields = row.split(separator: ",", omittingEmptySubsequences: false)
                if fields.count > 2, fields[2] != "benign" { attacks.insert(fields[0]) }
            }
            var queries = 0
            var log = ""
            for line in try RecordedText.read(Fashion.trace).split(separator: "\n") {
                let match = try #require(try /^\{"id":"([^"]+)".*?"user":"([^"]+)"/.firstMatch(in: line))
                guard attacks.contains(match.1) else {
                    log += line + "\n"
                    continue
                }
                let user = "spread-\(queries % accounts)"
                log += line[..<match.2.startIndex] + user + line[match.2.endIndex...] + "\n"
                queries += 1
            }
            #expect(queries == 1960)
            try sandbox.append(log)
            try await sandbox.succeed(["calibrate", "build", Fashion.path("fashion-calibration.ndjson.xz")])
            try await sandbox.succeed(["replay", sandbox.path()])
            return sandbox
        }

        private func json(_ text: String) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        /// The levels of a table's rows that count something, highest first.
        private func levels(_ rows: Any?, counting column: String) throws -> [String] {
            try #require(rows as? [[String: Any]]).filter { ($0[column] as? Int ?? 0) > 0 }
                .compactMap { $0["highest_level"] as? String }
        }

        @Test(arguments: [(50, ["low", "info"]), (250, ["info"])])
        func `an attack spread over accounts raises campaigns and the model, but no account to high`(
            accounts: Int,
            expected: [String]
        ) async throws {
            let sandbox = try await spread(over: accounts)
            let output = try await sandbox.succeed(["evaluate", "--truth", Self.truth, "-o", "json"]).output
            let evaluation = try json(output)
            let found = try levels(evaluation["accounts_by_level"], counting: "attacking_accounts")
            #expect(found == expected, "\(found)")
            let campaigns = try #require(evaluation["campaigns"] as? [String: Any])
            let ofAttacks = try levels(campaigns["by_level"], counting: "of_attacks")
            #expect(ofAttacks.prefix(2) == ["critical", "high"])
            #expect(try levels(campaigns["by_level"], counting: "of_ordinary_users") == ["info"])
            let attacks = try #require(campaigns["attacks"] as? [[String: Any]])
            let blackbox = attacks.first { $0["attack"] as? String == "hopskipjump (blackbox)" }
            #expect(blackbox?["instances"] as? Int == 4 && blackbox?["in_a_campaign"] as? Int == 4)
            #expect(
                try await sandbox.numbers(
                    "select max(to_level) from riskd.level_change where entity_kind = 'model'"
                ) == [4]
            )
            #expect(try await sandbox.succeed(["recompute", "--all"]).output.contains("identical"))
        }

        @Test func `a campaign is listed, shown image by image, and explained`() async throws {
            let sandbox = try await Fashion.replayed()
            let server = try sandbox.begin(["serve"] + sandbox.flags)
            try await eventually("riskd serves", { server.errors }) {
                server.errors.contains("serving the API")
            }
            let list = try await sandbox.mustRiskctl(["get", "campaigns", "--all", "-o", "ndjson"]).output
                .split(separator: "\n").map { try json(String($0)) }
            let worst = try #require(
                list.max { ($0["highest_score"] as? Double ?? 0) < ($1["highest_score"] as? Double ?? 0) }
            )
            let name = try #require(worst["entity"] as? String)
            let id = try #require(Int(name.dropFirst("campaign:fashion/".count)))
            let chain = try await sandbox.mustRiskctl(["get", "chain", name, "--all", "-o", "ndjson"]).output
                .split(separator: "\n").map { try json(String($0)) }
            #expect(chain.count == 1 + (worst["members"] as? Int ?? 0))
            let records = try await sandbox.texts(
                "select record_id from riskd.observation where sequence = \(id) or campaign = \(id) order by sequence"
            )
            #expect(chain.map { $0["record"] as? String } == records)
            // The highest probability of the first class so far, less the one now, is how far it has fallen.
            var peak = try #require(chain[0]["probability"] as? Double)
            for image in chain.dropFirst() {
                let probability = try #require(image["first_class_probability"] as? Double)
                let fall = try #require(image["fall"] as? Double)
                #expect(abs(fall - max(0, peak - probability)) < 1e-5)
                peak = max(peak, probability)
            }
            let byNumber = try await sandbox.mustRiskctl(
                ["get", "chain", "\(id)", "--model", "fashion", "--all", "-o", "ndjson"]
            ).output
            #expect(byNumber.split(separator: "\n").count == chain.count)
            let history = try await sandbox.mustRiskctl(["samples", name, "--all", "-o", "csv"]).output
            #expect(history.contains("similarity.campaign.fall"))
            let sample = try #require(
                try await sandbox.numbers(
                    """
                    select id from riskd.sample where entity_kind = 'campaign' and queries > 0
                    order by score desc limit 1
                    """
                ).first
            )
            let explained = try json(
                try await sandbox.mustRiskctl(["explain", "\(sample)", "-o", "json"]).output
            )
            let shown = explained["sample"] as? [String: Any]
            #expect((explained["queries"] as? [Any])?.count == shown?["queries"] as? Int && shown != nil)
            let none = await sandbox.riskctl(["get", "chain", "campaign:fashion/999999"])
            #expect(none.code == 1 && none.errors.contains("999999"), "\(none.errors)")
            #expect(await sandbox.riskctl(["get", "chain", "x", "--model", "fashion"]).code == 2)
            #expect(try await server.terminate().code == 0)
        }
    }
}
