package import Domain

/// Keeps account of how much of what is logged riskd can see, and notices where that is too little.
///
/// A value without a clock, told of every line once and in order: what it notices depends on the lines alone, however they
/// are batched, and goes on after a restart from what was stored. docs/coverage.md has the rules in words.
package struct CoverageWatch: Sendable {
    private var settings: CoverageSettings
    /// By key.
    package private(set) var rows: [CoverageKey: CoverageRow] = [:]
    /// Accounts most of whose lines are of no use, and others.
    package private(set) var accounts = AccountSketch()
    /// Lines counted, of all sources.
    package private(set) var lines: Int64 = 0
    private var changed: Set<CoverageKey> = []

    /// A watch that has seen nothing.
    package init(_ settings: CoverageSettings = CoverageSettings()) { self.settings = settings }

    /// A watch as it was.
    ///
    /// - Parameters:
    ///   - settings: bounds, which may be others than before.
    ///   - stored: what ``takeChanges()`` gave, the newest of each key and user.
    package init(_ settings: CoverageSettings, _ stored: CoverageState) {
        self.settings = settings
        for row in stored.rows { rows[row.key] = row }
        lines = stored.totals.lines
        accounts = AccountSketch(
            accounts: stored.accounts,
            lines: stored.totals.accountLines,
            unusable: stored.totals.accountUnusable,
            sinceHalving: stored.totals.sinceHalving
        )
    }

    /// Counts a line.
    ///
    /// - Parameter line: the next one, in the order in which lines are read.
    /// - Returns: what riskd began or ceased to be blind for.
    package mutating func add(_ line: CoverageLine) -> [CoverageChange] {
        lines += 1
        var changes: [CoverageChange] = []
        let source = key(.source(line.path), &changes)
        // Taken out, so that it is not copied to be changed.
        var row = rows.removeValue(forKey: source) ?? CoverageRow(source)
        let settled = count(line, in: &row)
        changes += tell(settled, in: &row)
        rows[source] = row
        // A line that cannot be used may say anything: it makes no model known.
        if let name = line.model, !line.isDead || rows[.model(name)] != nil {
            let key = key(.model(name), &changes)
            var owner = rows.removeValue(forKey: key) ?? CoverageRow(key)
            let settled = count(line, in: &owner)
            changes += tell(settled, in: &owner, toldBy: row)
            rows[key] = owner
        }
        if let user = line.user { accounts.add(user, unusable: line.unusableReason) }
        return changes
    }

    /// A file was read to its end and nothing more comes of it: what was told of it is over, with what it was.
    package mutating func end(_ path: String) -> [CoverageChange] {
        let key = CoverageKey.source(path)
        guard let row = rows[key], !row.toldLines.isEmpty else { return [] }
        return forget(row, because: "the file was read to its end; \(row.text(row.toldLines))")
    }

    /// Forgets opinions that are no longer configured: nobody waits for them.
    ///
    /// - Parameter opinions: those of a model.
    /// - Returns: what is over thereby.
    package mutating func expect(_ opinions: (ModelID) -> Set<DetectorID>) -> [CoverageChange] {
        var changes: [CoverageChange] = []
        for key in rows.keys.sorted() {
            guard case .model(let model) = key, var row = rows[key] else { continue }
            let expected = opinions(model)
            let gone = row.gauges.keys.sorted().filter {
                if case .missing(let opinion) = $0 { !expected.contains(opinion) } else { false }
            }
            guard !gone.isEmpty else { continue }
            for measure in gone {
                row.gauges[measure] = nil
                row.causes[measure] = nil
                if row.told.remove(measure) != nil, let detector = measure.detector {
                    changes.append(
                        change(.detector(detector, key), false, "the opinion is no longer configured")
                    )
                }
            }
            rows[key] = row
            changed.insert(key)
        }
        return changes
    }

    /// Hands over what has changed since it was last called.
    package mutating func takeChanges() -> CoverageState {
        let keys = changed.sorted()
        changed = []
        let (accounts, gone) = accounts.takeChanged()
        return CoverageState(
            rows: keys.compactMap { rows[$0] },
            goneRows: keys.filter { rows[$0] == nil },
            accounts: accounts,
            goneAccounts: gone,
            totals: CoverageState.Totals(
                lines: lines,
                accountLines: self.accounts.lines,
                accountUnusable: self.accounts.unusable,
                sinceHalving: self.accounts.sinceHalving
            )
        )
    }

    /// Why riskd is blind for something just now, a sentence each.
    package var reasons: [String] { rows.keys.sorted().flatMap { rows[$0]?.reasons ?? [] } }

    // MARK: Counting

    /// Counts a line in every respect that it says something of.
    ///
    /// - Returns: the measures that were raised or lowered, or that are raised and of which nothing tells yet.
    private mutating func count(_ line: CoverageLine, in row: inout CoverageRow) -> [CoverageMeasure] {
        row.lines += 1
        row.last = lines
        changed.insert(row.key)
        var settled: [CoverageMeasure] = []
        func add(_ measure: CoverageMeasure, _ isBad: Bool, _ reason: String? = nil) {
            if row.add(isBad, reason, measure, settings.rule(of: measure)) || row.isUntold(measure) {
                settled.append(measure)
            }
        }
        switch line.fate {
        case .deadLetter(let reason, let lead):
            if let lead { row.note(lead: lead) }
            add(.deadLetters, true, reason)
        case .repeated:
            add(.deadLetters, false)
            if row.key.isSource, row.isFresh { add(.repeats, true) }
        case .scored(let record):
            add(.deadLetters, false)
            if row.key.isSource {
                row.isFresh = true
                add(.repeats, false)
            }
            add(.late, record.isLate)
            add(.degraded, record.degraded != nil, record.degraded?.description)
            if row.key.isSource {
                add(.uncompared, record.uncompared != nil, record.uncompared)
                break
            }
            if record.isInputExpected || record.uncompared != CoverageLine.Scored.noInput {
                row.isFresh = true
            }
            if row.isFresh { add(.uncompared, record.uncompared != nil, record.uncompared) }
            for opinion in record.opinions {
                let measure = CoverageMeasure.missing(opinion.detector)
                guard row.gauges[measure] != nil || row.gauges.count < 5 + CoverageRow.mostOpinions else {
                    continue
                }
                add(measure, !opinion.isFormed)
            }
        }
        return settled
    }

    /// What there is to say of measures that were raised or lowered.
    ///
    /// - Parameters:
    ///   - settled: the measures.
    ///   - row: whose.
    ///   - source: the row of the line's source: what it tells, a model's row does not tell again.
    /// - Returns: the changes.
    private func tell(
        _ settled: [CoverageMeasure],
        in row: inout CoverageRow,
        toldBy source: CoverageRow? = nil
    ) -> [CoverageChange] {
        guard !settled.isEmpty else { return [] }
        var changes: [CoverageChange] = []
        let before = row.toldLines
        for measure in settled {
            let isRaised = row.gauges[measure]?.isRaised == true
            if !isRaised {
                guard row.told.remove(measure) != nil else { continue }
            } else {
                // Which inputs a detector lacks is said of the model.
                guard measure.detector == nil || !row.key.isSource else { continue }
                guard source?.told.contains(measure) != true else { continue }
                row.told.insert(measure)
            }
            if let detector = measure.detector {
                let text = isRaised ? row.text(measure) : row.recovery(measure)
                changes.append(change(.detector(detector, row.key), isRaised, text))
            }
        }
        let after = row.toldLines
        guard before != after else { return changes }
        let text = after.isEmpty ? row.recovery(before) : row.text(after)
        return [change(.lines(row.key), !after.isEmpty, text)] + changes
    }

    private func change(_ blindness: CoverageChange.Blindness, _ isBlind: Bool, _ text: String)
        -> CoverageChange
    {
        CoverageChange(blindness: blindness, isBlind: isBlind, text: text, line: lines)
    }

    // MARK: Bounds

    /// The row that counts for a key: its own, or, where there are too many, the one of all others.
    private mutating func key(_ key: CoverageKey, _ changes: inout [CoverageChange]) -> CoverageKey {
        if rows[key] != nil { return key }
        let most = key.isSource ? settings.mostSources : settings.mostModels
        let others = key.isSource ? CoverageKey.otherSources : .otherModels
        let known = rows.values.filter { $0.key.isSource == key.isSource && $0.key != others }
        guard known.count >= most else { return key }
        let oldest = known.min { $0.last == $1.last ? $0.key < $1.key : $0.last < $1.last }
        guard let oldest, lines - oldest.last > settings.forgetAfter else { return others }
        changes += forget(oldest, because: "nothing more has come of it")
        return key
    }

    private mutating func forget(_ row: CoverageRow, because reason: String) -> [CoverageChange] {
        rows[row.key] = nil
        changed.insert(row.key)
        var changes: [CoverageChange] = []
        if !row.toldLines.isEmpty { changes.append(change(.lines(row.key), false, reason)) }
        for measure in row.told.sorted() {
            if let detector = measure.detector {
                changes.append(change(.detector(detector, row.key), false, reason))
            }
        }
        return changes
    }
}

extension CoverageRow {
    /// Measures that are told as lines of no use.
    var toldLines: Set<CoverageMeasure> { told.filter { $0.detector == nil } }

    /// Whether a measure was just judged as bad again, and nothing tells of it: what told of it may have ceased to.
    fileprivate func isUntold(_ measure: CoverageMeasure) -> Bool {
        guard let gauge = gauges[measure], gauge.isRaised, gauge.isJudged else { return false }
        return !told.contains(measure)
    }

    /// Whether too much is bad in a respect that is told of such lines; an alert of the source may speak for its models.
    package func isBlind(_ measure: CoverageMeasure) -> Bool {
        gauges[measure]?.isRaised == true && (measure.detector == nil || !key.isSource)
    }

    /// Why riskd is blind for its lines just now, a sentence each.
    package var reasons: [String] { told.sorted().map { text($0) } }

    fileprivate func recovery(_ measure: CoverageMeasure) -> String { recovery([measure]) }

    fileprivate func recovery(_ measures: Set<CoverageMeasure>) -> String {
        let names = measures.sorted().map(\.name).joined(separator: ", ")
        return "\(title): the share of \(names) is small again"
    }
}

extension CoverageLine {
    fileprivate var isDead: Bool {
        if case .deadLetter = fate { true } else { false }
    }

    /// Why nothing could be made of it; nil: something could.
    fileprivate var unusableReason: String? {
        switch fate {
        case .deadLetter(let reason, _): reason
        case .repeated: nil
        case .scored(let record): record.isUnseen ? "unseen" : nil
        }
    }
}
