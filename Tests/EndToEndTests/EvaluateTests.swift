import Domain
import Foundation
import Recordings
import RiskdTesting
import Testing

extension RecordedTests {
    /// What people get of the recorded attacks, at any pace.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct EvaluateTests {
        private static let truth = Fashion.path("fashion-dev.truth.csv.gz")

        private struct Sent {
            let id: String
            let user: String
            let campaign: Int64?
            let time: Int64
        }

        private func json(_ text: String) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        private func rows(_ object: [String: Any], _ key: String) throws -> [[String: Any]] {
            try #require(object[key] as? [[String: Any]])
        }

        /// Of each attempt its record ids, in the order of the trace.
        private static func attempts() throws -> [String: [String]] {
            var attempts: [String: [String]] = [:]
            for row in try RecordedText.read(truth).split(separator: "\n").dropFirst() {
                let fields = row.split(separator: ",", omittingEmptySubsequences: false)
                if !fields[3].isEmpty { attempts[String(fields[3]), default: []].append(String(fields[0])) }
            }
            return attempts
        }

        /// The highest level of each attempt, by questions to the database.
        private func highest(_ sandbox: Sandbox) async throws -> [String: Int] {
            try await sandbox.execute("create temporary table attempt (name text, record text)")
            for (name, records) in try Self.attempts() {
                let values = records.map { "('\(name)', '\($0)')" }.joined(separator: ", ")
                try await sandbox.execute("insert into attempt values \(values)")
            }
            let found = try await sandbox.texts(
                """
                with query as (
                    select name, o.* from attempt join riskd.observation o on o.record_id = attempt.record
                ), span as (
                    select name, min(time) as first, max(time) + interval '60 s' as last from query group by name
                ), own as (
                    select name, 'user' as kind, user_name as entity from query group by 1, 3
                    union
                    select name, 'campaign', campaign::text from query where campaign is not null
                    group by name, campaign
                    having 2 * count(*) >= (
                        select count(*) from riskd.observation a where a.campaign = query.campaign
                    )
                ), held as (
                    select span.name, (
                        select to_level from riskd.level_change c
                        where c.entity_kind = kind and c.entity_name = entity and c.time < first
                        order by c.time desc limit 1
                    ) as level from span join own on own.name = span.name
                    union all
                    select span.name, to_level from span join own on own.name = span.name
                    join riskd.level_change c on c.entity_kind = kind and c.entity_name = entity
                        and c.time between first and last
                )
                select name || ' ' || coalesce(max(level), 0) from held group by name
                """
            )
            return Dictionary(
                uniqueKeysWithValues: try found.map { line in
                    let words = line.split(separator: " ")
                    return (String(words[0]), try #require(Int(words[1])))
                }
            )
        }

        @Test func `levels come first, and are what the database says`() async throws {
            let sandbox = try await Fashion.replayed()
            let highest = try await highest(sandbox)
            #expect(highest.count == 34 && Set(highest.values).count > 2)
            let object = try json(
                try await sandbox.succeed(["evaluate", "--truth", Self.truth, "-o", "json"]).output
            )
            let words = ["info", "low", "medium", "high", "critical"]
            let attempts = try rows(object, "attempts")
            let found = try attempts.map { row in
                (try #require(row["attempt"] as? String), try #require(row["level"] as? String))
            }
            #expect(Dictionary(uniqueKeysWithValues: found) == highest.mapValues { words[$0] })
            let all = try #require(
                try rows(object, "levels").first { $0["attack"] as? String == "all" }
            )
            #expect(all["attempts"] as? Int == 34)
            for (number, word) in words.enumerated().dropFirst() {
                #expect(all[word] as? Int == highest.values.count { $0 >= number })
            }
            let table = try await sandbox.succeed(["evaluate", "--truth", Self.truth]).output
            #expect(table.hasPrefix("attempts that reach each level"))
        }

        @Test func `a pace is replayed apart, as a log that was moved by hand, and leaves nothing behind`()
            async throws
        {
            let sandbox = try await Fashion.replayed()
            let before = try await Fashion.dumps(sandbox)
            let temporary = sandbox.path("tmp")
            try FileManager.default.createDirectory(
                atPath: temporary,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o711]
            )
            let page = sandbox.path("page.html")
            let result = try await DaemonProcess.run(
                [
                    "evaluate", "--truth", Self.truth, "--log", Fashion.trace, "--pace", "recorded,0.02",
                    "-o", "json", "--html", page,
                ] + sandbox.flags,
                in: sandbox.directory,
                environment: ["TMPDIR": temporary]
            )
            try #require(result.code == 0, "\(result.errors)")
            #expect(result.errors.contains("replaying at 0.02 s"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)
            #expect(try await Fashion.dumps(sandbox) == before)
            let object = try json(result.output)
            var paces = try rows(object, "paces")
            #expect(paces.map { $0["pace"] as? String } == ["recorded", "0.02"])
            for index in paces.indices { paces[index]["pace"] = nil }
            #expect(
                try String(contentsOfFile: page, encoding: .utf8).components(separatedBy: "+60 s").count == 69
            )

            func stored(_ sandbox: Sandbox) async throws -> NSDictionary {
                let output = try await sandbox.succeed(["evaluate", "--truth", Self.truth, "-o", "json"])
                    .output
                return try json(output) as NSDictionary
            }
            #expect(try await stored(sandbox) == paces[0] as NSDictionary)
            let moved = try await Fashion.calibrated()
            try moved.append(try Self.moved())
            try await moved.succeed(["replay", moved.path()])
            #expect(try await stored(moved) == paces[1] as NSDictionary)

            let comparison = try #require(
                try rows(object, "comparison").first {
                    $0["attack"] as? String == "all" && $0["level"] as? String == "high"
                }
            )
            func high(_ pace: [String: Any]) throws -> Int? {
                try rows(pace, "levels").first { $0["attack"] as? String == "all" }?["high"] as? Int
            }
            let counts = try paces.map { try #require(try high($0)) }
            #expect(comparison["recorded"] as? Int == counts[0] && comparison["0.02"] as? Int == counts[1])
            #expect(comparison["largest_difference"] as? Int == abs(counts[0] - counts[1]))
        }

        /// The trace with every attempt's queries 20 ms apart.
        private static func moved() throws -> String {
            var places: [String: (attempt: String, number: Int)] = [:]
            for (name, records) in try attempts() {
                for (number, record) in records.enumerated() { places[record] = (name, number) }
            }
            var starts: [String: Int64] = [:]
            let lines = try RecordedText.read(Fashion.trace).split(separator: "\n").map { line in
                let id = String(try #require(try /"id":"([^"]+)"/.firstMatch(in: line)).1)
                let text = String(try #require(try /"time":"([^"]+)"/.firstMatch(in: line)).1)
                var time = try #require(Timestamp(rfc3339: text)).milliseconds
                if let place = places[id] {
                    starts[place.attempt] = starts[place.attempt] ?? time
                    time = (starts[place.attempt] ?? time) + Int64(place.number) * 20
                }
                let new = Timestamp(milliseconds: time).description
                return (time, line.replacingOccurrences(of: text, with: new) + "\n")
            }
            return lines.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
                .map(\.element.1).joined()
        }

        @Test func `says what is wrong with log, truth and calibration`() async throws {
            let sandbox = try await Fashion.calibrated()
            func problem(_ log: String, truth: String, _ sandbox: Sandbox) async throws -> String {
                let result = try await sandbox.run([
                    "evaluate", "--truth", truth, "--pace", "1", "--log", log,
                ])
                #expect(result.code == 1 && result.output.isEmpty)
                return result.errors
            }
            #expect(
                try await problem("none.ndjson", truth: Self.truth, sandbox)
                    .contains("none.ndjson: there is no such file")
            )
            let other = Fashion.path("fashion-calibration.truth.csv.gz")
            #expect(
                try await problem(Fashion.trace, truth: other, sandbox)
                    .contains("\(other): it does not have the id 'fdt-000001' of the log")
            )
            try sandbox.append("nothing\n", to: "bad.ndjson")
            #expect(
                try await problem(sandbox.path("bad.ndjson"), truth: Self.truth, sandbox)
                    .contains("bad.ndjson: there is no record in it")
            )
            let fresh = try await Sandbox()
            try await fresh.succeed(["migrate"])
            #expect(
                try await problem(Fashion.trace, truth: Self.truth, fresh)
                    .contains("no calibration is in force")
            )
        }
    }
}
