import Domain
import PostgresClient

/// The rows of one fact table in one batch, ready for `COPY`, and the days that they fall on.
struct FactRows: Sendable {
    let table: String
    let columns: [String]
    private(set) var rows = CopyRows()
    private(set) var partitions: Set<Partition> = []

    init(_ table: String, _ columns: [String]) {
        self.table = table
        self.columns = columns
    }

    /// Adds a row that belongs to the day of `time`.
    mutating func append(at time: Timestamp, _ body: (inout CopyRow) -> Void) {
        partitions.insert(Partition(table: table, day: time.day))
        rows.append(body)
    }
}

extension CopyRow {
    mutating func time(_ time: Timestamp) { timestamp(milliseconds: time.milliseconds) }

    mutating func int4(_ value: Int) { int4(Int32(clamping: value)) }

    mutating func entity(_ entity: Entity) {
        text(entity.kind)
        text(entity.model?.name ?? "")
        text(entity.name)
    }
}

extension CommitBatch {
    /// The facts of this batch, one element for each table.
    ///
    /// - Parameter tickMilliseconds: the tick length.
    /// - Returns: the rows by table.
    func facts(tickMilliseconds: Int64) -> [FactRows] {
        let end = { (tick: Tick) in Timestamp(milliseconds: (tick.index + 1) * tickMilliseconds) }
        return [
            observationRows(), imageRows(), histogramRows(end), sampleRows(end), levelChangeRows(end),
            deadLetterRows(),
        ]
    }

    private func histogramRows(_ end: (Tick) -> Timestamp) -> FactRows {
        var facts = FactRows(
            "tick_histogram",
            [
                "vpart", "time", "entity_kind", "model", "entity_name", "tick", "queries", "detectors",
                "cells",
                "counts", "calibration_id", "steps",
            ]
        )
        for histogram in histograms {
            facts.append(at: end(histogram.tick)) { row in
                row.int2(histogram.entity.virtualPartition)
                row.time(end(histogram.tick))
                row.entity(histogram.entity)
                row.int8(histogram.tick.index)
                row.int4(histogram.queries)
                row.textArray(histogram.counts.map(\.detector.name))
                row.int4Array(histogram.counts.map { Int32($0.byRung.count) })
                row.int4Array(histogram.counts.flatMap { $0.byRung.map(Int32.init(clamping:)) })
                row.optional(histogram.calibration) { $0.text($1) }
                row.optional(histogram.steps.isEmpty ? nil : histogram.steps) {
                    $0.bytes(StepRuns.bytes(of: $1))
                }
            }
        }
        return facts
    }

    private func sampleRows(_ end: (Tick) -> Timestamp) -> FactRows {
        var facts = FactRows("sample", StoredSample.columns)
        for sample in samples {
            facts.append(at: end(sample.tick)) { row in
                row.int2(sample.entity.virtualPartition)
                row.time(end(sample.tick))
                row.int8(sample.id)
                row.entity(sample.entity)
                row.int8(sample.tick.index)
                row.int4(sample.queries)
                row.int8(sample.score)
                row.optional(sample.level) { $0.int2(Int16($1.rawValue)) }
                row.optional(sample.lane) { $0.int2(Int16($1.rawValue)) }
                row.int8Array(sample.lanes)
                row.int8(sample.evidence)
                row.bool(sample.isDerived)
                row.textArray(sample.contributions.map(\.name))
                row.int8Array(sample.contributions.map(\.milliPoints))
                row.text(configurationID)
                let calibration =
                    sampleCalibrations[sample.id] ?? sample.entity.model.flatMap { calibrationIDs[$0] }
                row.optional(calibration) { $0.text($1) }
                row.optional(sample.pinned) { $0.int2(Int16($1.rawValue)) }
            }
        }
        return facts
    }

    private func levelChangeRows(_ end: (Tick) -> Timestamp) -> FactRows {
        var facts = FactRows(
            "level_change",
            [
                "vpart", "time", "sample", "entity_kind", "model", "entity_name", "tick", "from_level",
                "to_level",
            ]
        )
        for change in levelChanges {
            facts.append(at: end(change.tick)) { row in
                row.int2(change.entity.virtualPartition)
                row.time(end(change.tick))
                row.int8(change.sample)
                row.entity(change.entity)
                row.int8(change.tick.index)
                row.int2(Int16(change.from.rawValue))
                row.int2(Int16(change.to.rawValue))
            }
        }
        return facts
    }

    private func deadLetterRows() -> FactRows {
        var facts = FactRows(
            "dead_letter",
            ["vpart", "received", "source", "path", "position_offset", "length", "reason", "detail", "body"]
        )
        for letter in deadLetters {
            facts.append(at: received) { row in
                row.int2(UserID(letter.source).virtualPartition)
                row.time(received)
                row.text(letter.source)
                row.text(withoutNulls(letter.path))
                row.int8(letter.offset)
                row.int8(letter.length)
                row.text(letter.reason)
                row.text(withoutNulls(letter.detail))
                row.bytes(letter.text)
            }
        }
        return facts
    }

    /// `text` without U+0000, which PostgreSQL's text cannot hold: a detail may quote a bad line.
    private func withoutNulls(_ text: String) -> String {
        guard text.unicodeScalars.contains("\0") else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
