import Domain
import PostgresClient

private let similarityColumns = [
    "min_distance", "lower_bound", "nearest_sequence", "nearest_record", "nearest_user", "distance_alarm",
    "prediction_alarm", "exact_repeats", "searched", "near", "crossings", "descent", "steepest",
]
private let evidence = DetectorKind.all.filter { $0.evidence != nil }

extension Observation {
    /// The columns of `observation`, in the order in which they are written and read.
    static let columns =
        [
            "vpart", "time", "sequence", "model", "model_version", "user_name", "record_id", "source_address",
            "label", "probability", "tick", "late",
        ] + similarityColumns.map { "u_" + $0 } + similarityColumns.map { "m_" + $0 }
        + evidence.flatMap(\.columns) + [
            "opinion_names", "opinion_classes", "opinion_probabilities", "opinion_disagrees",
            "opinion_models", "user_detectors", "user_rungs", "model_detectors", "model_rungs",
            "campaign", "campaign_probability", "campaign_fall", "repeat_of", "campaign_detectors",
            "campaign_rungs", "user_calibration", "ahead", "degraded",
        ]

    /// Reads a row of ``columns``; the record comes without image, features and other classes' probabilities.
    init(_ row: PostgresRow) throws {
        var fields = row.fields
        try self.init(&fields)
    }

    /// Reads ``columns``.
    init(_ fields: inout PostgresFields) throws {
        _ = try fields.next(Int16.self)
        let time = Timestamp(try fields.next(PostgresTimestamp.self))
        let sequence = try fields.next(Int64.self)
        let model = ModelID(try fields.next())
        let version = try fields.next(String?.self)
        let user = UserID(try fields.next())
        let id = RecordID(try fields.next())
        let source = try fields.next(String?.self)
        let label = try fields.next(String.self)
        let probability = try fields.next(Double.self)
        let tick = Tick(try fields.next())
        let isLate = try fields.next(Bool.self)
        let ownFinding = try SimilarityFinding.read(&fields)
        let modelFinding = try SimilarityFinding.read(&fields)
        let evidence = try evidence.map { try $0.read(&fields) }
        var findings = Findings(
            user: ownFinding,
            model: modelFinding,
            opinions: try OpinionFinding.read(&fields)
        )
        for restore in evidence { restore(&findings) }
        let userRungs = try DetectorRung.read(&fields)
        let modelRungs = try DetectorRung.read(&fields)
        let link = try ChainLink.read(&fields)
        let detectors = try fields.next([String]?.self) ?? []
        let rungs = try fields.next([Int]?.self) ?? []
        let userCalibration = try fields.next(String?.self)
        let isAhead = try fields.next(Bool?.self) ?? false
        guard detectors.count == rungs.count else {
            throw StorageError.corrupt("an observation's rungs are not parallel")
        }
        let degraded = try fields.next([String]?.self) ?? []
        let record = Record(
            id: id,
            time: time,
            model: model,
            modelVersion: version,
            user: user,
            source: source,
            prediction: Prediction(label: label, probability: probability),
            degraded: degraded.compactMap { DegradedField($0) }
        )
        self.init(
            sequence: sequence,
            record: record,
            findings: findings,
            tick: tick,
            isLate: isLate,
            isAhead: isAhead,
            userRungs: userRungs,
            modelRungs: modelRungs,
            link: link,
            campaignRungs: zip(detectors, rungs).map { DetectorRung(detector: DetectorID($0), rung: $1) },
            userCalibration: userCalibration
        )
    }
}

extension CommitBatch {
    func observationRows() -> FactRows {
        var facts = FactRows("observation", Observation.columns)
        for observation in observations {
            let record = observation.record
            facts.append(at: record.time) { row in
                row.int2(record.user.virtualPartition)
                row.time(record.time)
                row.int8(observation.sequence)
                row.text(record.model.name)
                row.optional(record.modelVersion) { $0.text($1) }
                row.text(record.user.name)
                row.text(record.id.name)
                row.optional(record.source) { $0.text($1) }
                row.text(record.prediction.label)
                row.float8(record.prediction.probability)
                row.int8(observation.tick.index)
                row.bool(observation.isLate)
                row.similarity(observation.findings.user)
                row.similarity(observation.findings.model)
                for kind in evidence { row.evidence(of: kind, in: observation.findings) }
                let opinions = observation.findings.opinions
                row.textArray(opinions.map(\.name))
                row.int4Array(opinions.map { Int32(clamping: $0.classIndex) })
                row.float8Array(opinions.map(\.probabilityOfLogged))
                row.boolArray(opinions.map(\.disagrees))
                row.textArray(opinions.map(\.modelDigest))
                row.rungs(observation.userRungs)
                row.rungs(observation.modelRungs)
                row.link(observation.link)
                if observation.link?.step == nil {
                    row.null()
                    row.null()
                } else {
                    row.rungs(observation.campaignRungs)
                }
                row.optional(observation.userCalibration) { $0.text($1) }
                row.bool(observation.isAhead)
                let degraded = record.degraded.map(\.description)
                row.optional(degraded.isEmpty ? nil : degraded) { $0.textArray($1) }
            }
        }
        return facts
    }

    func imageRows() -> FactRows {
        var facts = FactRows("history_image", HistoryEntry.columns)
        for observation in observations {
            let record = observation.record
            let comparesFeatures = featureModels.contains(record.model)
            let image = comparesFeatures ? nil : record.image
            let features = comparesFeatures ? record.features : nil
            guard image != nil || features != nil else { continue }
            facts.append(at: record.time) { row in
                row.int2(record.user.virtualPartition)
                row.text(record.model.name)
                row.int8(observation.sequence)
                row.text(record.id.name)
                row.text(record.user.name)
                row.time(record.time)
                row.optional(image) { $0.int4($1.shape.height) }
                row.optional(image) { $0.int4($1.shape.width) }
                row.optional(image) { $0.int4($1.shape.channels) }
                row.optional(image) { $0.bytes($1.pixels) }
                row.optional(features) { $0.bytes(littleEndianBytes($1)) }
                row.text(record.prediction.label)
                row.float8(record.prediction.probability)
                row.optional(record.prediction.probabilities) { $0.float8Array($1) }
                row.optional(image?.fractions) { $0.bytes($1.map { UInt8(bitPattern: $0) }) }
                row.optional(image?.sent) { $0.bytes($1.bytes) }
                row.optional(record.prediction.labelIndex) { $0.int4($1) }
            }
        }
        return facts
    }
}

private func littleEndianBytes(_ values: [Float]) -> [UInt8] {
    values.map(\.bitPattern.littleEndian).withUnsafeBytes(Array.init)
}

extension CopyRow {
    fileprivate mutating func similarity(_ finding: SimilarityFinding?) {
        guard let finding else {
            for _ in similarityColumns { null() }
            return
        }
        optional(finding.minimumDistance) { $0.float8($1) }
        float8(finding.lowerBound)
        optional(finding.nearest) { $0.int8($1.sequence) }
        optional(finding.nearest) { $0.text($1.record.name) }
        optional(finding.nearest) { $0.text($1.user.name) }
        int4(finding.distanceAlarm)
        int4(finding.predictionAlarm)
        int4(finding.exactRepeats)
        int4(finding.searched)
        int8Array(finding.near)
        int4(finding.crossings)
        float8(finding.descent)
        optional(finding.steepest) { $0.int8($1) }
    }

    fileprivate mutating func evidence(of kind: DetectorKind, in findings: Findings) {
        let values = kind.evidence?.values(findings)
        for (index, field) in (kind.evidence?.fields ?? []).enumerated() {
            optional(values?[index]) { field.isWhole ? $0.int4(Int($1)) : $0.float8($1) }
        }
    }

    fileprivate mutating func link(_ link: ChainLink?) {
        optional(link?.step) { $0.int8($1.campaign) }
        optional(link?.step) { $0.float8($1.probability) }
        optional(link?.step) { $0.float8($1.fall) }
        optional(link?.original) { $0.int8($1) }
    }

    fileprivate mutating func rungs(_ rungs: [DetectorRung]) {
        textArray(rungs.map(\.detector.name))
        int2Array(rungs.map { Int16(clamping: $0.rung) })
    }
}

extension SimilarityFinding {
    fileprivate static func read(_ fields: inout PostgresFields) throws -> SimilarityFinding? {
        let minimum = try fields.next(Double?.self)
        let bound = try fields.next(Double?.self)
        let sequence = try fields.next(Int64?.self)
        let record = try fields.next(String?.self)
        let user = try fields.next(String?.self)
        let counts = try (0..<4).map { _ in try fields.next(Int?.self) ?? 0 }
        // Null in rows that were written before they were kept.
        let near = try fields.next([Int64]?.self) ?? []
        let crossings = try fields.next(Int?.self) ?? 0
        let descent = try fields.next(Double?.self) ?? 0
        let steepest = try fields.next(Int64?.self)
        guard let bound else { return nil }
        var nearest: Neighbour?
        if let sequence, let record, let user {
            nearest = Neighbour(sequence: sequence, record: RecordID(record), user: UserID(user))
        }
        return SimilarityFinding(
            minimumDistance: minimum,
            lowerBound: bound,
            nearest: nearest,
            distanceAlarm: counts[0],
            near: near,
            predictionAlarm: counts[1],
            crossings: crossings,
            descent: descent,
            steepest: steepest,
            exactRepeats: counts[2],
            searched: counts[3]
        )
    }
}

extension DetectorKind {
    /// Reads ``DetectorKind/columns``; null in rows that were written before the kind was there.
    ///
    /// - Returns: what puts it back into findings.
    fileprivate func read(_ fields: inout PostgresFields) throws -> (inout Findings) -> Void {
        var values: [Double] = []
        for field in evidence?.fields ?? [] {
            let value =
                field.isWhole ? try fields.next(Int?.self).map(Double.init) : try fields.next(Double?.self)
            if let value { values.append(value) }
        }
        guard let evidence, values.count == evidence.fields.count else { return { _ in } }
        return { [values] in evidence.restore(values, &$0) }
    }
}

extension ChainLink {
    fileprivate static func read(_ fields: inout PostgresFields) throws -> ChainLink? {
        let campaign = try fields.next(Int64?.self)
        let probability = try fields.next(Double?.self)
        let fall = try fields.next(Double?.self)
        let original = try fields.next(Int64?.self)
        if let campaign, let probability, let fall {
            return .step(CampaignStep(campaign: campaign, probability: probability, fall: fall))
        }
        return original.map { .repetition(of: $0) }
    }
}

extension OpinionFinding {
    fileprivate static func read(_ fields: inout PostgresFields) throws -> [OpinionFinding] {
        let names = try fields.next([String].self)
        let classes = try fields.next([Int].self)
        let probabilities = try fields.next([Double].self)
        let disagrees = try fields.next([Bool].self)
        // Null in rows that were written before digests were kept.
        let digests = try fields.next([String]?.self) ?? Array(repeating: "", count: names.count)
        let counts = [classes.count, probabilities.count, disagrees.count, digests.count]
        guard counts.allSatisfy({ $0 == names.count }) else {
            throw StorageError.corrupt("an observation's opinions are not parallel")
        }
        return names.indices.map { index in
            OpinionFinding(
                name: names[index],
                classIndex: classes[index],
                probabilityOfLogged: probabilities[index],
                disagrees: disagrees[index],
                modelDigest: digests[index]
            )
        }
    }
}

extension DetectorRung {
    /// Reads two parallel arrays: detectors and rungs.
    static func read(_ fields: inout PostgresFields) throws -> [DetectorRung] {
        let detectors = try fields.next([String].self)
        let rungs = try fields.next([Int].self)
        guard detectors.count == rungs.count else {
            throw StorageError.corrupt("an observation's rungs are not parallel")
        }
        return zip(detectors, rungs).map { DetectorRung(detector: DetectorID($0), rung: $1) }
    }
}
