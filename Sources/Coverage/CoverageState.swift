package import Domain

/// What is stored of a watch: all of it, or what has changed.
package struct CoverageState: Sendable {
    /// Counts over everything.
    package struct Totals: Hashable, Sendable {
        /// Lines of all sources.
        package var lines: Int64
        /// Lines whose user can be read, since counts were first halved.
        package var accountLines: Int64
        /// Those of them that could not be used.
        package var accountUnusable: Int64
        /// Lines since counts were halved.
        package var sinceHalving: Int64

        package init(
            lines: Int64 = 0,
            accountLines: Int64 = 0,
            accountUnusable: Int64 = 0,
            sinceHalving: Int64 = 0
        ) {
            self.lines = lines
            self.accountLines = accountLines
            self.accountUnusable = accountUnusable
            self.sinceHalving = sinceHalving
        }
    }

    /// Rows as they are, by key.
    package var rows: [CoverageRow]
    package var goneRows: [CoverageKey]
    /// Accounts as they are, by user.
    package var accounts: [AccountLines]
    package var goneAccounts: [UserID]
    package var totals: Totals

    /// A state.
    package init(
        rows: [CoverageRow] = [],
        goneRows: [CoverageKey] = [],
        accounts: [AccountLines] = [],
        goneAccounts: [UserID] = [],
        totals: Totals = Totals()
    ) {
        self.rows = rows
        self.goneRows = goneRows
        self.accounts = accounts
        self.goneAccounts = goneAccounts
        self.totals = totals
    }
}

extension CoverageState.Totals {
    /// The totals as bytes.
    package var packed: [UInt8] {
        var packer = Packer()
        for value in [lines, accountLines, accountUnusable, sinceHalving] { packer.add(value) }
        return packer.bytes
    }

    /// Totals of ``packed``; nil where `bytes` are none.
    package init?(packed bytes: [UInt8]) {
        var reader = Unpacker(bytes)
        guard reader.isKnown, let lines = reader.integer(), let accountLines = reader.integer(),
            let accountUnusable = reader.integer(), let sinceHalving = reader.integer(), reader.isAtEnd
        else { return nil }
        self.init(
            lines: lines,
            accountLines: accountLines,
            accountUnusable: accountUnusable,
            sinceHalving: sinceHalving
        )
    }
}

extension CoverageRow {
    /// The row as bytes, without its key.
    package var packed: [UInt8] {
        var packer = Packer()
        packer.add(lines)
        packer.add(last)
        packer.add(isFresh ? 1 : 0)
        packer.add(Int64(leads.count))
        for lead in leads { packer.add(lead) }
        packer.add(Int64(gauges.count))
        for (measure, gauge) in gauges.sorted(by: { $0.key < $1.key }) {
            packer.add(measure.name)
            let majority = causes[measure] ?? Majority()
            packer.add(majority.reason ?? "")
            for value in [
                majority.votes, told.contains(measure) ? 1 : 0, gauge.lines, gauge.bad,
                gauge.isRaised ? 1 : 0,
                Int64(gauge.current), Int64(gauge.currentBad), gauge.baselineLines, gauge.baselineBad,
                Int64(gauge.spans.count),
            ] { packer.add(value) }
            packer.bytes += gauge.spans
        }
        return packer.bytes
    }

    /// The row of a key and ``packed``; nil where `bytes` are none.
    package init?(_ key: CoverageKey, packed bytes: [UInt8]) {
        var reader = Unpacker(bytes)
        self.init(key)
        guard reader.isKnown, let lines = reader.integer(), let last = reader.integer(),
            let isFresh = reader.integer(), let count = reader.integer()
        else { return nil }
        (self.lines, self.last, self.isFresh) = (lines, last, isFresh == 1)
        guard (0...Int64(Self.mostLeads)).contains(count) else { return nil }
        for _ in 0..<count {
            guard let lead = reader.integer() else { return nil }
            leads.append(lead)
        }
        guard let measures = reader.integer(), (0...1000).contains(measures) else { return nil }
        for _ in 0..<measures {
            guard let name = reader.text(), let measure = CoverageMeasure(name: name),
                let reason = reader.text(), let values = reader.integers(10), (0...100).contains(values[9]),
                let spans = reader.take(Int(values[9]))
            else { return nil }
            if !reason.isEmpty { causes[measure] = Majority(reason, votes: values[0]) }
            if values[1] == 1 { told.insert(measure) }
            gauges[measure] = CoverageGauge(
                lines: values[2],
                bad: values[3],
                isRaised: values[4] == 1,
                spans: spans,
                current: Int(values[5]),
                currentBad: Int(values[6]),
                baselineLines: values[7],
                baselineBad: values[8]
            )
        }
        guard reader.isAtEnd else { return nil }
    }
}

/// Writes numbers in as few bytes as they need, behind a version.
private struct Packer {
    static let version: UInt8 = 1
    var bytes: [UInt8] = [version]

    mutating func add(_ value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func add(_ text: String) {
        add(Int64(text.utf8.count))
        bytes += text.utf8
    }
}

/// Reads what ``Packer`` wrote; nil from the first byte on that does not fit.
private struct Unpacker {
    private var bytes: ArraySlice<UInt8>
    let isKnown: Bool

    init(_ bytes: [UInt8]) {
        isKnown = bytes.first == Packer.version
        self.bytes = bytes.dropFirst()
    }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func integer() -> Int64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = bytes.popFirst() {
            guard shift < 64 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1))) }
            shift += 7
        }
        return nil
    }

    mutating func integers(_ count: Int) -> [Int64]? {
        var values: [Int64] = []
        for _ in 0..<count {
            guard let value = integer() else { return nil }
            values.append(value)
        }
        return values
    }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    mutating func text() -> String? {
        guard let count = integer(), count >= 0, count <= 4096, let bytes = take(Int(count)) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
