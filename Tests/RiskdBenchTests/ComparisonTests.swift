import Foundation
import Testing

@testable import riskd_bench

/// Two builds that measure the same in turn.
struct ComparisonTests {
    private func rows(_ text: String) throws -> [Comparison.Row] {
        try #require(Comparison.rows(Data(text.utf8)))
    }

    @Test func `figures of rows with the same words are compared pair by pair`() throws {
        let before = try [10.0, 20, 16].map {
            try rows(#"[{"input":"a","us":\#($0),"records":5},{"input":"b","us":3}]"#)
        }
        let after = try [5.0, 20, 20].map {
            try rows(#"[{"input":"b","us":3},{"input":"a","us":\#($0),"records":5}]"#)
        }
        let figures = Comparison.figures(zip(before, after).map { ($0, $1) })
        // What never differs is no measurement.
        #expect(
            figures == [Comparison.Figure(row: "a", name: "us", before: [10, 20, 16], after: [5, 20, 20])]
        )
        #expect(figures[0].ratios == [0.5, 1, 1.25])
    }

    @Test func `what only one of them prints, or prints as 0, is left out`() throws {
        let before = try rows(#"[{"input":"a","old":1,"zero":0,"us":2},{"input":"gone","us":1}]"#)
        let after = try rows(#"[{"input":"a","new":1,"zero":4,"us":1},{"input":"new","us":1}]"#)
        #expect(
            Comparison.figures([(before, after)]) == [
                Comparison.Figure(row: "a", name: "us", before: [2], after: [1])
            ]
        )
    }

    @Test func `what is no table has no rows`() {
        for text in ["", "{}", "[1]", "error: no"] {
            #expect(Comparison.rows(Data(text.utf8)) == nil, "\(text)")
        }
        #expect(Comparison.rows(Data("[]".utf8)) == [])
    }
}
