import Domain
import PostgresClient

/// Puts a pseudonym in the place of a user's name in every table, within the caller's transaction.
///
/// Scores, samples and histograms stay, so that they can be computed again; images, vectors, addresses and the ids of records
/// go. What people wrote is searched for the name as a word. Columns of paths and of those who worked with riskd stay: a log's
/// name is no user's, and whoever did something is another person.
struct ErasureRun {
    private let replacement: NameReplacement
    private let artefacts: [RenamedArtefact]
    private let name: String
    private let pseudonym: String
    private let partition: Int64
    /// How many rows were changed or deleted, by table.
    private(set) var rows: [String: Int] = [:]

    init(_ replacement: NameReplacement, _ artefacts: [RenamedArtefact]) {
        self.replacement = replacement
        self.artefacts = artefacts
        name = replacement.name.name
        pseudonym = replacement.pseudonym.name
        partition = Int64(replacement.pseudonym.virtualPartition)
    }

    mutating func execute(_ session: isolated PostgresSession) throws {
        try renameRecords(session)
        try renameScores(session)
        try renameBaselines(session)
        try renameAlerts(session)
        try renameRules(session)
        try clearDeadLetters(session)
        try renameTexts(session)
    }

    private mutating func count(_ table: String, _ number: Int) {
        if number > 0 { rows[table, default: 0] += number }
    }

    // MARK: Records and scores

    private mutating func renameRecords(_ session: isolated PostgresSession) throws {
        // Records are still known when their log is read again, unless their ids hold the name.
        count(
            "seen",
            try session.run(
                """
                delete from riskd.seen
                where vpart = \(Int64(replacement.name.virtualPartition)) and position(\(name) in record_id) > 0
                """
            )
        )
        count(
            "observation",
            try session.run(
                """
                update riskd.observation set
                    vpart = case when user_name = \(name) then \(partition) else vpart end,
                    record_id = case when user_name = \(name) then 'erased-' || sequence else record_id end,
                    source_address = case when user_name = \(name) then null else source_address end,
                    user_name = case when user_name = \(name) then \(pseudonym) else user_name end,
                    u_nearest_record = case when u_nearest_user = \(name) then 'erased-' || u_nearest_sequence
                        else u_nearest_record end,
                    u_nearest_user = case when u_nearest_user = \(name) then \(pseudonym) else u_nearest_user end,
                    m_nearest_record = case when m_nearest_user = \(name) then 'erased-' || m_nearest_sequence
                        else m_nearest_record end,
                    m_nearest_user = case when m_nearest_user = \(name) then \(pseudonym) else m_nearest_user end
                where user_name = \(name) or u_nearest_user = \(name) or m_nearest_user = \(name)
                """
            )
        )
        count(
            "history_image",
            try session.run("delete from riskd.history_image where user_name = \(name)")
        )
    }

    private mutating func renameScores(_ session: isolated PostgresSession) throws {
        for (table, kind) in [
            ("tick_histogram", "entity_kind"), ("sample", "entity_kind"), ("level_change", "entity_kind"),
            ("track", "kind"), ("score_base_track", "kind"),
        ] {
            count(
                table,
                try session.run(
                    """
                    update riskd.\(unsafeSQL: table) set entity_name = \(pseudonym), vpart = \(partition)
                    where entity_name = \(name) and \(unsafeSQL: kind) = 'user'
                    """
                )
            )
        }
        count(
            "sample_summary",
            try session.run(
                """
                update riskd.sample_summary set entity_name = \(pseudonym)
                where entity_name = \(name) and entity_kind = 'user'
                """
            )
        )
        // Roll-ups name their members.
        let models = try session.query(
            "select distinct model from riskd.sample where entity_name = '' and entity_kind = 'model'"
        ).map { ModelID(try $0.only()) }
        for model in models {
            let old = Entity.user(replacement.name, model: model).description
            let new = Entity.user(replacement.pseudonym, model: model).description
            count(
                "sample",
                try session.run(
                    """
                    update riskd.sample set contribution_names = array_replace(contribution_names, \(old), \(new))
                    where entity_name = '' and derived and \(old) = any (contribution_names)
                    """
                )
            )
        }
    }

    private mutating func renameBaselines(_ session: isolated PostgresSession) throws {
        for table in ["own_baseline", "relearning", "coverage_account"] {
            count(
                table,
                try session.run(
                    "update riskd.\(unsafeSQL: table) set user_name = \(pseudonym) where user_name = \(name)"
                )
            )
        }
        guard !artefacts.isEmpty else { return }
        for artefact in artefacts {
            count(
                "calibration",
                try session.run(
                    """
                    with artefact as (
                        insert into riskd.artefact select \(artefact.new), kind, created, \(artefact.body)
                        from riskd.artefact where id = \(artefact.old) returning id)
                    insert into riskd.calibration
                    select artefact.id, model, stratum, \(pseudonym), origin, records, users, built
                    from riskd.calibration, artefact where calibration.id = \(artefact.old)
                    """
                )
            )
        }
        let (old, new) = (artefacts.map(\.old), artefacts.map(\.new))
        for (table, column) in [
            ("own_baseline", "calibration_id"), ("calibration_active", "artefact_id"),
            ("calibration_activation", "calibration_id"), ("tick_histogram", "calibration_id"),
            ("sample", "calibration_id"), ("observation", "user_calibration"),
        ] {
            try session.run(
                """
                update riskd.\(unsafeSQL: table) set \(unsafeSQL: column) = renamed.new
                from unnest(\(old), \(new)) as renamed (old, new) where \(unsafeSQL: column) = renamed.old
                """
            )
        }
        for artefact in artefacts {
            try session.run(
                """
                update riskd.calibration_check
                set calibration_ids = array_replace(calibration_ids, \(artefact.old), \(artefact.new))
                where \(artefact.old) = any (calibration_ids)
                """
            )
        }
        try session.run("delete from riskd.calibration where id = any (\(old))")
        count("artefact", try session.run("delete from riskd.artefact where id = any (\(old))"))
    }

    // MARK: Alerts and messages

    private func snapshot(_ text: String) throws -> AlertSnapshot {
        var alert = try AlertSnapshot(stored: text).replacing(replacement)
        if let id = alert.calibrationID, let renamed = artefacts.first(where: { $0.old == id }) {
            alert.calibrationID = renamed.new
        }
        return alert
    }

    private mutating func renameAlerts(_ session: isolated PostgresSession) throws {
        let written = try json(name).dropFirst().dropLast()
        let needle = String(written)
        func candidates(_ key: String, _ column: String, _ table: String) throws -> [(
            key: String, text: String
        )] {
            try session.query(
                """
                select \(unsafeSQL: key)::text, \(unsafeSQL: column) from riskd.\(unsafeSQL: table)
                where position(\(needle) in \(unsafeSQL: column)) > 0
                """
            ).map { row in
                var fields = row.fields
                return (try fields.next(), try fields.next())
            }
        }
        for (key, text) in try candidates("id", "snapshot", "alert") {
            let alert = try snapshot(text)
            let new = try alert.text()
            guard new != text else { continue }
            count(
                "alert",
                try session.run(
                    """
                    update riskd.alert set name = \(alert.subject.name), dedup_key = \(alert.dedupKey), snapshot = \(new)
                    where id = \(key)
                    """
                )
            )
        }
        for (key, text) in try candidates("number", "snapshot", "alert_notice") {
            let new = try snapshot(text).text()
            guard new != text, let number = Int64(key) else { continue }
            count(
                "alert_notice",
                try session.run("update riskd.alert_notice set snapshot = \(new) where number = \(number)")
            )
        }
        for (key, text) in try candidates("sequence", "message", "outbox") {
            guard let message = try document(MessageDocument.self, text).message else {
                throw StorageError.corrupt("the message \(key)")
            }
            let renamed = message.replacing(replacement)
            let new = try json(MessageDocument(renamed))
            guard new != text, let sequence = Int64(key) else { continue }
            count(
                "outbox",
                try session.run(
                    """
                    update riskd.outbox set message = \(new), dedup_key = \(renamed.dedupKey)
                    where sequence = \(sequence)
                    """
                )
            )
        }
        count(
            "action",
            try session.run(
                """
                update riskd.action set subject_name = \(pseudonym)
                where subject_kind = 'user' and subject_name = \(name)
                """
            )
        )
        count(
            "action_applied",
            try session.run(
                """
                update riskd.action_applied set entity_name = \(pseudonym)
                where entity_kind = 'user' and entity_name = \(name)
                """
            )
        )
    }

    /// Groups of alerts, and silences.
    private mutating func renameRules(_ session: isolated PostgresSession) throws {
        let groups = try session.query(
            "select endpoint, key, label_names, label_values from riskd.alert_group where \(name) = any (label_values)"
        ).map { row -> (endpoint: String, key: String, labels: [AlertLabel]) in
            var fields = row.fields
            let (endpoint, key) = (try fields.next(String.self), try fields.next(String.self))
            let (names, values) = (try fields.next([String].self), try fields.next([String].self))
            return (endpoint, key, zip(names, values).map { AlertLabel($0, $1) })
        }
        for group in groups {
            count(
                "alert_group",
                try session.run(
                    """
                    update riskd.alert_group set key = \(replacement.groupKey(group.key)),
                        label_values = \(group.labels.map { replacement.label($0).value })
                    where endpoint = \(group.endpoint) and key = \(group.key)
                    """
                )
            )
        }
        let silences = try session.query(
            """
            select id, patterns from riskd.silence
            where exists (select from unnest(patterns) as pattern where position(\(name) in pattern) > 0)
            """
        ).map { row -> (id: Int64, patterns: [String]) in
            var fields = row.fields
            return (try fields.next(), try fields.next())
        }
        for silence in silences {
            count(
                "silence",
                try session.run(
                    "update riskd.silence set patterns = \(silence.patterns.map(replacement.text)) where id = \(silence.id)"
                )
            )
        }
    }

    // MARK: Texts

    /// What people and receivers wrote, where a name may stand among other words.
    static let texts = [
        ("action", "note"), ("action", "detail"), ("action_applied", "refusal"), ("alert_event", "note"),
        ("silence", "comment"), ("endpoint", "reason"), ("delivery_attempt", "detail"),
        ("audit_entry", "object"), ("audit_entry", "detail"), ("read_ledger", "reason"),
        ("relearning", "reason"), ("calibration_activation", "reason"), ("calibration", "origin"),
        ("calibration_check", "origin"), ("calibration_check", "report"), ("legal_hold", "reason"),
        ("deletion", "detail"), ("erasure", "reason"), ("erasure", "refusal"),
    ]

    private mutating func renameTexts(_ session: isolated PostgresSession) throws {
        for (table, column) in Self.texts {
            let found = try session.query(
                """
                select ctid::text, \(unsafeSQL: column) from riskd.\(unsafeSQL: table)
                where position(\(name) in \(unsafeSQL: column)) > 0 for update
                """
            ).map { row -> (place: String, text: String) in
                var fields = row.fields
                return (try fields.next(), try fields.next())
            }
            for (place, text) in found {
                let new = replacement.text(text)
                guard new != text else { continue }
                count(
                    table,
                    try session.run(
                        """
                        update riskd.\(unsafeSQL: table) set \(unsafeSQL: column) = \(new)
                        where ctid = \(place)::text::tid
                        """
                    )
                )
            }
        }
    }

    /// The text of lines that could not be used goes where the name is in it, in whatever way JSON may write it.
    private mutating func clearDeadLetters(_ session: isolated PostgresSession) throws {
        var needles: Set<[UInt8]> = [Array(name.utf8)]
        for isUpper in [false, true] {
            let escaped = name.utf16.map { unit -> String in
                guard unit > 0x7E || unit < 0x20 || unit == 0x22 || unit == 0x5C else {
                    return String(UnicodeScalar(UInt8(unit)))
                }
                if unit == 0x22 || unit == 0x5C { return "\\" + String(UnicodeScalar(UInt8(unit))) }
                let digits = String(unit, radix: 16, uppercase: isUpper)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
            needles.insert(Array(escaped.utf8))
            needles.insert(Array(escaped.replacing("/", with: "\\/").utf8))
        }
        for needle in needles {
            count(
                "dead_letter",
                try session.run(
                    """
                    update riskd.dead_letter set body = ''::bytea
                    where position(\(needle) in body) > 0 and encode(body, 'escape') ~ \(word(needle))
                    """
                )
            )
        }
        let pattern = word(Array(name.utf8))
        count(
            "dead_letter",
            try session.run(
                """
                update riskd.dead_letter set detail = ''
                where position(\(name) in detail) > 0 and encode(convert_to(detail, 'UTF8'), 'escape') ~ \(pattern)
                """
            )
        )
    }

    /// What matches bytes that stand as a word of their own in PostgreSQL's escape format.
    private func word(_ bytes: [UInt8]) -> String {
        let escaped = bytes.map { byte -> String in
            let character = String(UnicodeScalar(byte))
            switch byte {
            case 0x5C: return #"\\\\"#
            case 0, 0x80...:
                let digits = String(byte, radix: 8)
                return #"\\"# + String(repeating: "0", count: 3 - digits.count) + digits
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                return character
            default: return #"\"# + character
            }
        }.joined()
        return #"(^|[^[:alnum:]_.@-]|\\[0-7]{3})"# + escaped + "($|[^[:alnum:]_-])"
    }
}
