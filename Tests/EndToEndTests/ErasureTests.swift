import Foundation
import RiskdTesting
import Testing

extension RecordedTests {
    /// A person's name goes out of every table, and nothing else changes.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct ErasureTests {
        private static let name = "user-030"

        /// Where a text is in the database, in whatever column of whatever table: `TABLE`, or `TABLE.COLUMN` of bytes.
        private func places(of text: String, in sandbox: Sandbox) async throws -> Set<String> {
            // Partitions are read with their tables.
            let questions = try await sandbox.texts(
                """
                select format('select %L where exists (select from %I.%I as t where position(''\(text)'' in t::text) > 0)',
                    relname, nspname, relname)
                from pg_class join pg_namespace n on n.oid = relnamespace
                where nspname in ('riskd', 'riskd_audit') and relkind in ('r', 'p', 'v') and not relispartition
                union all
                select format('select %L where exists (select from %I.%I where position(''\(text)''::bytea in %I) > 0)',
                    relname || '.' || attname, nspname, relname, attname)
                from pg_class c join pg_namespace n on n.oid = relnamespace join pg_attribute on attrelid = c.oid
                where nspname in ('riskd', 'riskd_audit') and relkind in ('r', 'p') and not relispartition
                    and atttypid = 'bytea'::regtype
                union all
                select 'select ''pg_stats'' where exists (select from pg_stats where schemaname = ''riskd'' and position(''\(text)''
                    in concat(most_common_vals::text, histogram_bounds::text, most_common_elems::text)) > 0)'
                """
            )
            #expect(questions.count > 60)
            return Set(try await sandbox.texts(questions.joined(separator: " union all ")))
        }

        /// Rows that name the user where a replay leaves none, and others that only look as if they did.
        private func addTraces(to sandbox: Sandbox) async throws {
            let calibration =
                "(select body from riskd.artefact a join riskd.calibration c using (id) limit 1)"
            try await sandbox.execute(
                """
                insert into riskd.audit_entry (time, actor, what, object, detail)
                values (now(), 'ada', 'silence.add', 'user:fashion/user-030', 'for user-030, not for user-0301');
                insert into riskd.silence (labels, comparisons, patterns, starts, ends, creator, comment)
                values (array['entity', 'model'], array['=~', '='], array['user-030|svc', 'fashion'], now(), now(), 'ada',
                    'user-030 (and xuser-030) are tested');
                insert into riskd.relearning (model, user_name, since, actor, reason, recorded)
                values ('fashion', 'user-030', now(), 'ada', '"user-030": new camera', now());
                insert into riskd.read_ledger (time, actor, observation, what, reason, address)
                values (now(), 'ada', 1, 'image', 'what did user-030 send?', '127.0.0.1');
                insert into riskd.action (kind, alert_id, actor, note, requested)
                select 'note', max(id), 'ada', 'user-030 again', now() from riskd.alert;
                create table riskd.dead_letter_20260302 partition of riskd.dead_letter
                    for values from ('2026-03-02') to ('2026-03-03');
                insert into riskd.dead_letter values
                    (0, '2026-03-02', 's', 'a.ndjson', 0, 9, 'field', 'user-030 has no model', '{"user":"user-030", "mo'),
                    (0, '2026-03-02', 's', 'a.ndjson', 9, 9, 'field', 'a field is missing', '{"user":"user-0301", "mo');
                with own as (
                    select convert_to(replace(regexp_replace(convert_from(\(calibration), 'UTF8'),
                        '"newest_ms":[0-9]+', '\\&,"owner":"user-030"'), '', ''), 'UTF8') as body),
                kept as (
                    insert into riskd.artefact
                    select 'sha256:' || encode(sha256(body), 'hex'), 'calibration', now(), body from own returning id),
                named as (
                    insert into riskd.calibration
                    select id, 'fashion', null, 'user-030', 'accepted queries', 500, 1, now() from kept returning id)
                insert into riskd.own_baseline select 'fashion', 'user-030', 0, id from named;
                """
            )
        }

        @Test
        func `no column of any table holds the name afterwards, and every integer can be computed again`()
            async throws
        {
            let sandbox = try await Fashion.replayed()
            try await addTraces(to: sandbox)
            try await sandbox.execute("analyze")
            let before = try await places(of: Self.name, in: sandbox)
            #expect(
                before.isSuperset(of: [
                    "observation", "tick_histogram", "sample", "level_change", "history_image", "alert",
                    "alert_notice", "own_baseline", "relearning", "calibration", "artefact.body",
                    "dead_letter.body", "dead_letter", "silence", "audit_entry", "read_ledger", "action",
                    "audit_log", "samples", "pg_stats",
                ])
            )
            let counts = "select count(*) from riskd.tick_histogram"
            let histograms = try await sandbox.numbers(counts)
            func erase(_ user: String, _ reason: String = "request 12") async throws -> DaemonProcess.Result {
                try await sandbox.serving {
                    await sandbox.riskctl(["audit", "erase", user, "--reason", reason, "--yes", "-o", "json"])
                }
            }
            // What stands in the way.
            for (user, message) in [
                (Self.name, "is not resolved"), ("nobody-1", "nothing is known of that user"),
            ] {
                let refused = try await erase(user)
                #expect(refused.code == 1 && refused.errors.contains(message), "\(refused.errors)")
            }
            let alerts = try await sandbox.texts(
                "select id from riskd.alert where name = 'user-030' and state <> 'resolved'"
            )
            try await sandbox.served(
                ["alert", "resolve"] + alerts + ["--verdict", "attack", "--note", "it was user-030"],
                as: "operator"
            )
            try await sandbox.succeed(["hold", "add", "--reason", "case 7", "--as", "olga"])
            let held = try await erase(Self.name)
            #expect(held.code == 1 && held.errors.contains("hold 1 keeps everything"), "\(held.errors)")
            try await sandbox.succeed(["hold", "release", "1", "--as", "olga"])
            let unasked = await sandbox.riskctl(["audit", "erase", Self.name, "--reason", "x"])
            #expect(unasked.code == 2 && unasked.errors.contains("--yes"), "\(unasked.errors)")

            let done = try await erase(Self.name, "request 12 of user-030")
            #expect(done.code == 0, "\(done.errors)")
            let pseudonym = String(try #require(try /erased-[0-9a-f]{16}/.firstMatch(in: done.output)).0)
            #expect(done.output.contains("\"history_image\"") && done.output.contains("\"observation\""))
            // Longer names that hold this one are other people's.
            for (table, column) in [("audit_entry", "detail"), ("silence", "comment")] {
                try await sandbox.execute(
                    "update riskd.\(table) set \(column) = replace(replace(\(column), 'user-0301', ''), 'xuser-030', '')"
                )
            }
            let other = try await sandbox.numbers(
                "select count(*) from riskd.dead_letter where position('user-0301'::bytea in body) > 0"
            )
            #expect(other == [1])
            try await sandbox.execute(
                "update riskd.dead_letter set body = ''; analyze riskd.dead_letter; analyze riskd.audit_entry; analyze riskd.silence"
            )
            #expect(try await places(of: Self.name, in: sandbox) == [])

            #expect(try await sandbox.numbers(counts) == histograms)
            #expect(
                try await sandbox.numbers(
                    "select count(*) from riskd.history_image where user_name = '\(pseudonym)'"
                )
                    == [0]
            )
            let notes = try await sandbox.numbers(
                "select count(*) from riskd.alert_event where note = 'it was \(pseudonym)'"
            )
            #expect(notes == [alerts.count])
            let owner = try await sandbox.numbers(
                """
                select count(*) from riskd.artefact a join riskd.calibration using (id) join riskd.own_baseline on calibration_id = id
                where owner = '\(pseudonym)' and user_name = owner and position(owner::bytea in body) > 0
                    and id = 'sha256:' || encode(sha256(body), 'hex')
                """
            )
            #expect(owner == [1])
            let account = "local:\(String(cString: getpwuid(getuid()).pointee.pw_name)) (uid \(getuid()))"
            // The ledger: when, who, why and how much, by the pseudonym.
            let ledger = try await sandbox.texts(
                """
                select actor || '|' || reason || '|' || (done is not null) || '|' || (select sum(n) > 100 from unnest(rows) n)
                from riskd_audit.erasures where refusal is null
                """
            )
            #expect(ledger == ["\(account)|request 12 of \(pseudonym)|true|true"])
            let acted = try await sandbox.texts(
                "select detail from riskd.audit_log where what = 'person.erase' and object = '\(pseudonym)'"
            )
            #expect(acted == ["request 12 of \(pseudonym)"])

            let rollUp = try await sandbox.numbers(
                "select max(id) from riskd.sample where derived and 'user:fashion/\(pseudonym)' = any (contribution_names)"
            )
            #expect(try #require(rollUp.first) > 0)
            try await sandbox.succeed([
                "export", "audit", "--out", sandbox.path("export"), "--until", "2036-01-01T00:00:00Z",
            ])
            try await sandbox.succeed([
                "export", "audit", "--out", sandbox.path("ocsf"), "--format", "ocsf",
            ])
            for name in try FileManager.default.subpathsOfDirectory(atPath: sandbox.directory.path)
            where name.hasSuffix(".ndjson") {
                let text = try String(contentsOfFile: sandbox.path(name), encoding: .utf8)
                #expect(!text.contains(Self.name), "\(name)")
            }
            // It goes on, and the name may come again: a new person as far as riskd knows.
            try sandbox.append(LogLine.records(0..<20))
            try await sandbox.succeed(["replay", sandbox.path()])
            let all = try await sandbox.succeed(["recompute", "--all"])
            #expect(all.output.contains("every sample is identical"), "\(all.output)")
            // A changed integer still shows, also of a roll-up that names the pseudonym.
            try await sandbox.execute(
                "update riskd.sample set evidence = evidence + 1 where id = \(rollUp.first ?? 0)"
            )
            let changed = try await sandbox.run(["recompute", "\(rollUp.first ?? 0)"])
            #expect(changed.code == 1 && changed.output.contains("evidence"), "\(changed.output)")
        }
    }
}
