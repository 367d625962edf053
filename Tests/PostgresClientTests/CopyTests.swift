import PostgresClient
import RiskdTesting
import Testing

@Suite(.timeLimit(.minutes(3)))
struct CopyTests {
    struct Row: Equatable {
        var number: Int
        var small: Int16
        var medium: Int32
        var large: Int64?
        var real: Double
        var flag: Bool
        var text: String
        var bytes: [UInt8]
        var time: Int64
        var integers: [Int]
        var reals: [Double]
        var flags: [Bool]
        var texts: [String]
    }

    static let columns = [
        "number", "small", "medium", "large", "real_", "flag", "text_", "bytes", "time_", "int2s", "int4s",
        "int8s",
        "reals", "flags", "texts",
    ]

    static let pieces = [
        "", "'", "\"", "\\", "\\N", "\\.", "\n", "\t", "\r", "{", "}", ",", "NULL", "é", "e\u{301}", "雪", "👩‍🚀",
        "$1",
        "\u{FFFF}", "\u{1}", "a",
    ]

    static func makeRow(_ number: Int, using random: inout some RandomNumberGenerator) -> Row {
        func text() -> String {
            (0..<Int.random(in: 0...6, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
        }
        func real() -> Double {
            var value = Double(bitPattern: .random(in: .min ... .max, using: &random))
            if value.isNaN {
                value = [0, -0.0, .infinity, Double.leastNonzeroMagnitude].randomElement(using: &random) ?? 0
            }
            return value
        }
        let count = Int.random(in: 0...4, using: &random)
        let instants: [Int64] = [0, -1, 1_772_438_897_995, -62_135_596_800_000, 253_402_300_799_999]
        return Row(
            number: number,
            small: .random(in: .min ... .max, using: &random),
            medium: .random(in: .min ... .max, using: &random),
            large: Bool.random(using: &random) ? .random(in: .min ... .max, using: &random) : nil,
            real: real(),
            flag: .random(using: &random),
            text: text(),
            bytes: (0..<count).map { _ in .random(in: 0...255, using: &random) },
            time: instants.randomElement(using: &random) ?? 0,
            integers: (0..<count).map { _ in .random(in: -32_768...32_767, using: &random) },
            reals: (0..<count).map { _ in real() },
            flags: (0..<count).map { _ in .random(using: &random) },
            texts: (0..<count).map { _ in text() }
        )
    }

    @Test
    func `every type comes back from COPY and from parameters as it was written`() async throws {
        let session = try await PostgresSession.connect(try await TestCluster.freshDatabase())
        try await session.execute(
            unsafeSQL: """
                create table t (number int8, small int2, medium int4, large int8, real_ float8, flag bool, text_ text,
                    bytes bytea, time_ timestamptz, int2s int2[], int4s int4[], int8s int8[], reals float8[],
                    flags bool[], texts text[])
                """
        )
        var random = SystemRandomNumberGenerator()
        let rows = (0..<500).map { Self.makeRow($0, using: &random) }
        var copy = CopyRows()
        for row in rows[..<400] {
            copy.append { out in
                out.int8(Int64(row.number))
                out.int2(row.small)
                out.int4(row.medium)
                out.optional(row.large) { $0.int8($1) }
                out.float8(row.real)
                out.bool(row.flag)
                out.text(row.text)
                out.bytes(row.bytes)
                out.timestamp(milliseconds: row.time)
                out.int2Array(row.integers.map { Int16($0) })
                out.int4Array(row.integers.map { Int32($0) })
                out.int8Array(row.integers.map { Int64($0) })
                out.float8Array(row.reals)
                out.boolArray(row.flags)
                out.textArray(row.texts)
            }
        }
        #expect(copy.count == 400)
        try await session.copy(into: "t", columns: Self.columns, rows: copy)
        for row in rows[400...] {
            let changed = try await session.run(
                """
                insert into t values (\(row.number), \(row.small), \(Int64(row.medium)), \(row.large), \(row.real),
                    \(row.flag), \(row.text), \(row.bytes), \(PostgresTimestamp(milliseconds: row.time)),
                    \(row.integers), \(row.integers), \(row.integers.map(Int64.init)), \(row.reals),
                    \(row.flags), \(row.texts))
                """
            )
            #expect(changed == 1)
        }
        let stored = try await session.query("select * from t order by number").map { row in
            var fields = row.fields
            let front = Row(
                number: try fields.next(),
                small: try fields.next(),
                medium: Int32(try fields.next(Int.self)),
                large: try fields.next(),
                real: try fields.next(),
                flag: try fields.next(),
                text: try fields.next(),
                bytes: try fields.next(),
                time: try fields.next(PostgresTimestamp.self).milliseconds,
                integers: try fields.next(),
                reals: [],
                flags: [],
                texts: []
            )
            var row = front
            #expect(try fields.next([Int].self) == row.integers)
            #expect(try fields.next([Int].self) == row.integers)
            row.reals = try fields.next()
            row.flags = try fields.next()
            row.texts = try fields.next()
            return row
        }
        #expect(stored == rows)
        // Equal by `==` is not enough: -0.0 and composed characters must keep their bits.
        #expect(stored.map(\.real.bitPattern) == rows.map(\.real.bitPattern))
        #expect(stored.map { Array($0.text.utf8) } == rows.map { Array($0.text.utf8) })
    }

    @Test
    func `no rows cost nothing and a refused row leaves nothing`() async throws {
        let session = try await PostgresSession.connect(try await TestCluster.freshDatabase())
        try await session.execute(unsafeSQL: "create table t (a int8 primary key)")
        try await session.copy(into: "missing", columns: ["a"], rows: CopyRows())
        var rows = CopyRows()
        for value: Int64 in [1, 2, 1] { rows.append { $0.int8(value) } }
        let refused = rows
        let error = await #expect(throws: PostgresError.self) {
            try await session.copy(into: "t", columns: ["a"], rows: refused)
        }
        #expect(error?.sqlState == "23505")
        #expect(try await session.query("select count(*) from t").first?.only(Int.self) == 0)
    }

    @Test
    func `a query's rows come as text with a header`() async throws {
        let session = try await PostgresSession.connect(try await TestCluster.freshDatabase())
        let lines = Lines()
        try await session.copyOut(unsafeSQL: "select n, 'a' || n as name from generate_series(1, 2) n") {
            lines.append($0)
        }
        #expect(lines.all == ["n\tname\n", "1\ta1\n", "2\ta2\n"])
    }
}
