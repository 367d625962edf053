import Testing

@testable import Scoring

@Suite struct BinomialIntervalTests {
    @Test(arguments: [
        // scipy 1.17.1: beta.ppf(0.025, c, n - c + 1), beta.ppf(0.975, c + 1, n - c)
        (0, 10, 0.0, 0.3084971078187607), (1, 10, 0.0025285785444617848, 0.4450161170281954),
        (3, 10, 0.06673951117773447, 0.6524528500599973), (10, 10, 0.6915028921812392, 1.0),
        (17, 34, 0.3242692700213209, 0.675730729978679),
        (1221, 1233, 0.9830612959678092, 0.9949613224183682),
    ])
    func `intervals are Clopper and Pearson's`(count: Int, size: Int, low: Double, high: Double) {
        let interval = binomialInterval(count: count, of: size)
        #expect(abs(interval.lowerBound - low) < 1e-12 && abs(interval.upperBound - high) < 1e-12)
    }

    @Test func `nothing is known of nothing`() {
        #expect(binomialInterval(count: 0, of: 0) == 0...1)
    }
}
