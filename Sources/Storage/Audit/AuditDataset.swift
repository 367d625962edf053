package import Domain

/// What auditors can ask for and take away: a view of the schema `riskd_audit`.
package struct AuditDataset: Hashable, Sendable {
    /// A part of a view's key.
    struct Key: Hashable, Sendable {
        let column: String
        /// As PostgreSQL calls it.
        let type: String
    }

    /// The view's name.
    package let name: String
    /// What it answers, in a few words.
    package let summary: String
    /// The columns by which rows have one order.
    let keys: [Key]

    private init(_ name: String, _ summary: String, _ keys: KeyValuePairs<String, String>) {
        self.name = name
        self.summary = summary
        self.keys = keys.map { Key(column: $0.key, type: $0.value) }
    }

    /// All of them, in the order in which they are exported.
    package static let all: [AuditDataset] = [
        AuditDataset("samples", "what whose risk was when, and why", ["sample": "bigint"]),
        AuditDataset("level_changes", "when levels changed", ["sample": "bigint"]),
        AuditDataset(
            "histograms",
            "what samples are computed from",
            ["tick": "bigint", "entity_kind": "text", "model": "text", "name": "text"]
        ),
        AuditDataset("observations", "every query that was scored", ["sequence": "bigint"]),
        AuditDataset("gaps", "queries that are missing", ["first_missing": "bigint"]),
        AuditDataset(
            "coverage",
            "queries of each day and model, and what scored them",
            ["time": "timestamptz", "model": "text"]
        ),
        AuditDataset(
            "dead_letters",
            "lines that could not be used",
            ["time": "timestamptz", "source": "text", "position_offset": "bigint"]
        ),
        AuditDataset("sources", "how far each log has been read", ["source": "text"]),
        AuditDataset("alerts", "how every alert stands", ["alert": "text"]),
        AuditDataset("alert_events", "what happened to alerts", ["alert": "text", "number": "int"]),
        AuditDataset(
            "actions",
            "everything that people did",
            ["time": "timestamptz", "source": "text", "number": "bigint"]
        ),
        AuditDataset("silences", "what was not to be told", ["silence": "bigint"]),
        AuditDataset("epochs", "which artefacts were in force", ["first_tick": "bigint"]),
        AuditDataset("artefacts", "configurations and calibrations", ["artefact": "text"]),
        AuditDataset("activations", "who put which calibration in force", ["number": "bigint"]),
        AuditDataset("checks", "what verifying calibrations found", ["number": "bigint"]),
        AuditDataset("health", "when calibrations ceased to hold", ["model": "text", "tick": "bigint"]),
        AuditDataset("deliveries", "every attempt to tell somebody", ["attempt": "bigint"]),
        AuditDataset("reads", "who looked at which images", ["number": "bigint"]),
        AuditDataset("tokens", "who could look", ["token": "bigint"]),
        AuditDataset(
            "false_alarms",
            "of each quarter, how often levels were entered and what people found",
            ["time": "timestamptz", "model": "text", "entity_kind": "text", "level": "text"]
        ),
        AuditDataset("deletions", "what was deleted, under which rule", ["number": "bigint"]),
        AuditDataset("holds", "when nothing was to be deleted", ["number": "bigint"]),
        AuditDataset("erasures", "whose names were taken out, by their pseudonyms", ["number": "bigint"]),
    ]

    /// The dataset of a name; nil where there is none.
    package static func named(_ name: String) -> AuditDataset? { all.first { $0.name == name } }

    /// How many parts its key has.
    package var keyCount: Int { keys.count }

    var order: String { keys.map { column($0) }.joined(separator: ", ") }

    /// Text is in the order of its bytes, whatever the database's collation.
    private func column(_ key: Key) -> String {
        key.type == "text" ? "v.\(key.column) collate \"C\"" : "v.\(key.column)"
    }
}

/// Which rows of a dataset.
package struct AuditSelection: Hashable, Sendable {
    /// The earliest time.
    package var since: Timestamp?
    /// The time before which.
    package var until: Timestamp?
    /// A column and what it must be, at most four of these.
    package var matches: [Match] = []

    /// What a column must be.
    package struct Match: Hashable, Sendable {
        package let column: String
        /// Its value, in PostgreSQL's text form.
        package let value: String

        /// A condition.
        package init(column: String, value: String) {
            self.column = column
            self.value = value
        }
    }

    /// The most ``matches``.
    package static let mostMatches = 4

    /// A selection.
    package init(since: Timestamp? = nil, until: Timestamp? = nil, matches: [Match] = []) {
        self.since = since
        self.until = until
        self.matches = matches
    }
}
