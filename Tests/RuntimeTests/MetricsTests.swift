@testable import Runtime
import Testing

@Suite struct MetricsTests {
    @Test func `renders the text format, families and labels in order`() {
        let metrics = Metrics()
        metrics.declare("riskd_records_total", .counter, "Records scored.")
        metrics.declare("riskd_lag_seconds", .gauge, "Age of the last record.")
        metrics.declare("riskd_batch_seconds", .histogram, "Time of a batch.", bounds: [0.1, 1, 10])
        metrics.add("riskd_records_total", ["model": "b"])
        metrics.add("riskd_records_total", ["model": "a"], by: 2)
        metrics.add("riskd_records_total", ["model": "b"], by: 40)
        metrics.set("riskd_lag_seconds", to: 0.25)
        for value in [0.1, 0.5, 1, 2, 100] { metrics.observe("riskd_batch_seconds", value) }
        #expect(
            metrics.render() == """
                # HELP riskd_batch_seconds Time of a batch.
                # TYPE riskd_batch_seconds histogram
                riskd_batch_seconds_bucket{le="0.1"} 1
                riskd_batch_seconds_bucket{le="1"} 3
                riskd_batch_seconds_bucket{le="10"} 4
                riskd_batch_seconds_bucket{le="+Inf"} 5
                riskd_batch_seconds_sum 103.6
                riskd_batch_seconds_count 5
                # HELP riskd_lag_seconds Age of the last record.
                # TYPE riskd_lag_seconds gauge
                riskd_lag_seconds 0.25
                # HELP riskd_records_total Records scored.
                # TYPE riskd_records_total counter
                riskd_records_total{model="a"} 2
                riskd_records_total{model="b"} 41

                """
        )
    }

    @Test func `a declared family shows before its first event`() {
        let metrics = Metrics()
        metrics.declare("h", .histogram, "Help.", bounds: [1])
        metrics.declare("c", .counter, "Help.")
        #expect(
            metrics.render() == """
                # HELP c Help.
                # TYPE c counter
                # HELP h Help.
                # TYPE h histogram
                h_bucket{le="1"} 0
                h_bucket{le="+Inf"} 0
                h_sum 0
                h_count 0

                """
        )
    }

    @Test(
        arguments: [
            ("a\"b", #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\r" + #"\nb"#),
            ("a\"\u{301}b", "a\\\"\u{301}b"), ("\\\u{301}", "\\\\\u{301}"), ("}\n", #"}\n"#),
        ]
    )
    func `a label cannot break out of its quotes`(value: String, escaped: String) {
        let metrics = Metrics()
        metrics.declare("c", .counter, "Help.")
        metrics.add("c", ["user": value])
        let line = Array("c{user=\"\(escaped)\"} 1\n".utf8)
        #expect(Array(metrics.render().utf8.suffix(line.count)) == line)
        #expect(metrics.value("c", ["user": value]) == 1)
    }

    @Test func `what was never declared or set has no value`() {
        let metrics = Metrics()
        metrics.add("unknown")
        #expect(metrics.value("unknown") == nil)
        #expect(metrics.render().isEmpty)
    }

    @Test func `threads may count at once`() async {
        let metrics = Metrics()
        metrics.declare("c", .counter, "Help.")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { @concurrent in for _ in 0..<1000 { metrics.add("c") } }
            }
        }
        #expect(metrics.value("c") == 8000)
    }
}
