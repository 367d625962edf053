import Foundation
import Testing

extension RecordedTests {
    /// Promises 1, 2 and 4: the same rows however a log is batched or interrupted, and the same integers again.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct ReplayTests {
        @Test(arguments: [(batch: 1, workers: 1), (7, 2), (64, 1), (1000, 2)])
        func `batches and threads change no byte`(batch: Int, workers: Int) async throws {
            let expected = try await Fashion.dumps()
            let sandbox = try await Fashion.calibrated()
            sandbox.settings = ["batch.records=\(batch)", "workers=\(workers)"]
            try await sandbox.succeed(["replay", Fashion.trace])
            expectEqual(try await Fashion.dumps(sandbox), expected)
        }

        @Test func `10 kills change no byte, and every sample can be computed again`() async throws {
            let expected = try await Fashion.dumps()
            let sandbox = try await Fashion.calibrated()
            var random = SystemRandomNumberGenerator()
            var kills = 0
            while kills < 10 {
                sandbox.settings = ["batch.records=\(Int.random(in: 1...24, using: &random))", "workers=2"]
                let before = try await sandbox.count()
                let replay = try sandbox.begin(["replay", Fashion.trace] + sandbox.flags)
                // From the middle of its work on: a tenth of the trace each, and a random instant after that.
                let share = Int.random(in: 1...200, using: &random)
                try await eventually("a part is scored", { replay.errors }) {
                    try await sandbox.count() >= before + share || !replay.isRunning
                }
                try #require(replay.isRunning, "it ended before it was killed: \(replay.errors)")
                try await Task.sleep(for: .microseconds(Int.random(in: 0...30_000, using: &random)))
                try await replay.kill()
                kills += 1
            }
            #expect(try await sandbox.count() < 3193)
            try await sandbox.succeed(["replay", Fashion.trace])
            expectEqual(try await Fashion.dumps(sandbox), expected)
            let recomputed = try await sandbox.succeed(["recompute", "--all"])
            #expect(recomputed.output.contains("every sample is identical"))
            // Once more reads nothing again.
            let again = try await sandbox.succeed(["replay", Fashion.trace])
            #expect(again.output.contains("0 records scored and stored"), "\(again.output)")
            expectEqual(try await Fashion.dumps(sandbox), expected)
        }

        @Test func `a changed histogram cell is found, and the samples that it made are named`() async throws
        {
            let sandbox = try await Fashion.replayed()
            let sample = try #require(
                try await sandbox.numbers(
                    """
                    select c.sample from riskd.level_change c join riskd.tick_histogram h on h.tick = c.tick
                        and h.entity_kind = 'user' and h.model = c.model and h.entity_name = c.entity_name
                    where c.entity_kind = 'user' and c.to_level > 2 and h.queries = 1
                        and h.detectors[cardinality(h.detectors) - 1] = 'similarity.user.descent'
                    order by c.sample limit 1
                    """
                ).first
            )
            let place = """
                from riskd.level_change c where c.sample = \(sample) and h.tick = c.tick
                    and h.entity_kind = 'user' and h.model = c.model and h.entity_name = c.entity_name
                """
            // The one query of the tick is said to be unremarkable to the last but one detector, in the counts and in the order.
            try await sandbox.execute(
                """
                update riskd.tick_histogram h set steps = set_byte(steps, 2 * cardinality(cells) - 4, 0),
                    counts = (select array_agg(
                        case when place <= before or place > before + size then count
                            when place = before + 1 then 1 else 0 end order by place)
                        from unnest(h.counts) with ordinality as cell (count, place),
                            (select (select sum(c) from unnest(h.cells[1:cardinality(h.cells) - 2]) as c) as before,
                                h.cells[cardinality(h.cells) - 1] as size) as detector)
                \(place)
                """
            )
            let result = try await sandbox.run(["recompute", "--all"])
            #expect(result.code == 1)
            #expect(result.output.contains("sample \(sample) differs\n"), "\(result.errors)")
            #expect(try await sandbox.run(["recompute", "\(sample)"]).code == 1)
            // Counts that do not add up are not even computed with.
            try await sandbox.execute("update riskd.tick_histogram h set counts[1] = counts[1] + 5 \(place)")
            let refused = try await sandbox.run(["recompute", "--all"])
            #expect(refused.code == 1)
            #expect(refused.errors.contains("the histogram of user:fashion/"), "\(refused.errors)")
        }

        /// Names the first row that differs; the tables are too long to print.
        private func expectEqual(
            _ found: [String: String],
            _ expected: [String: String],
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            for table in Fashion.tables where found[table] != expected[table] {
                let rows = [found, expected].map { ($0[table] ?? "").split(separator: "\n") }
                let first = zip(rows[0], rows[1]).first { $0 != $1 }
                Issue.record(
                    "\(table): \(rows[0].count) rows instead of \(rows[1].count), the first that differs: \(first as Any)",
                    sourceLocation: sourceLocation
                )
            }
            #expect((expected["observation"] ?? "").split(separator: "\n").count == 3194)
        }
    }
}
