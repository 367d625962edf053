import Coverage
import Testing

@Suite struct CoverageGaugeTests {
    private let rule = CoverageRule(bound: 0.05)

    /// Counts lines, and says at which ones the gauge went up or down.
    private func changes(_ lines: some Sequence<Bool>, _ gauge: inout CoverageGauge) -> [Int] {
        lines.enumerated().compactMap { gauge.add($1, rule) ? $0 + 1 : nil }
    }

    @Test(
        "a source that turns blind is noticed at the span in which a tenth of the last 200 lines is bad, and its end when a quarter of the bound is left"
    )
    func burst() {
        var gauge = CoverageGauge()
        #expect(changes(repeatElement(false, count: 1000), &gauge) == [])
        // 40 of the last 200 after two spans; 20 of them would be the limit itself.
        #expect(changes(repeatElement(true, count: 300), &gauge) == [40])
        #expect(gauge.recently == (200, 200) && gauge.isRaised)
        // 200 good lines leave none of the last 200 bad.
        #expect(changes(repeatElement(false, count: 400), &gauge) == [200])
        #expect(!gauge.isRaised && gauge.bad == 300 && gauge.lines == 1700)
    }

    @Test("nothing is said of fewer bad lines than the least, whatever their share")
    func least() {
        var gauge = CoverageGauge()
        #expect(changes(repeatElement(true, count: 9), &gauge) == [])
        #expect(changes(repeatElement(false, count: 11), &gauge) == [])
        #expect(!gauge.isRaised)
        var other = CoverageGauge()
        #expect(changes(repeatElement(true, count: 10), &other) == [])
        #expect(changes(repeatElement(false, count: 10), &other) == [10])
    }

    @Test("a share a little above the bound is noticed in the long run, and stays noticed")
    func drip() {
        var gauge = CoverageGauge()
        // 6 % of all lines: 12 of 200 are below a tenth, 60 of 1,000 above a twentieth.
        let lines = (0..<20_000).map { $0 % 50 < 3 }
        #expect(changes(lines, &gauge) == [1000])
        #expect(gauge.isRaised)
    }

    @Test("a share below the bound is never noticed, and becomes what is usual")
    func baseline() {
        var gauge = CoverageGauge()
        #expect(changes((0..<20_000).map { $0 % 25 == 0 }, &gauge) == [])
        #expect(gauge.baseline == 40_000 && gauge.isBaselineKnown)
        // Three times what is usual would be 12 %; twice the bound is the most: 10 % are not told.
        #expect(changes((0..<20_000).map { $0 % 10 == 0 }, &gauge) == [])
        #expect(gauge.baseline > 40_000)
        var rarely = CoverageGauge()
        #expect(changes((0..<20_000).map { $0 % 10 == 0 }, &rarely) == [1000])
    }

    @Test(
        "what happens while a gauge is raised does not become usual: it stays raised for as long as it lasts"
    )
    func persistence() {
        var gauge = CoverageGauge()
        #expect(changes(repeatElement(false, count: 5000), &gauge) == [])
        #expect(changes(repeatElement(true, count: 200_000), &gauge) == [40])
        #expect(gauge.baseline == 0 && gauge.isRaised)
        // Even a source that was always half blind does not get away with being blind.
        #expect(CoverageRule(bound: 0.4).least == 10)
        var half = CoverageGauge()
        let generous = CoverageRule(bound: 0.4, factor: 100)
        for index in 0..<20_000 { _ = half.add(index % 4 == 0, generous) }
        #expect(half.baseline == 250_000 && !half.isRaised)
        for _ in 0..<400 { _ = half.add(true, generous) }
        #expect(half.isRaised)
    }

    @Test("a share that is made to grow slowly is noticed beyond twice the bound, however slowly")
    func ratchet() {
        var gauge = CoverageGauge()
        var noticed: Int?
        // From 1 % to 40 %, a hundredth part of a per cent each 400 lines.
        var owed = 0
        for number in 0..<1_600_000 where noticed == nil {
            owed += 100 + number / 400
            let isBad = owed >= 10_000
            if isBad { owed -= 10_000 }
            if gauge.add(isBad, rule) { noticed = number / 400 }
        }
        // In per cent of a per cent, above the 1 % that it begins with.
        #expect(noticed.map { (900..<950).contains($0) } == true, "\(noticed ?? -1)")
    }

    @Test("no steady share flaps, whatever it is", arguments: 0..<40)
    func steady(step: Int) {
        let share = Double(step) / 200
        var generator = Steady(state: UInt64(step) &* 7919 &+ 1)
        var gauge = CoverageGauge()
        let lines = (0..<60_000).map { _ in Double(generator.next() >> 11) / Double(1 << 53) < share }
        let count = changes(lines, &gauge).count
        #expect(count <= 3, "\(share)")
        if share <= 0.03 { #expect(count == 0) }
        if share >= 0.06 { #expect(count == 1 && gauge.isRaised) }
    }

    @Test("a gauge is what a slow count says it is, wherever it is stored and taken up again")
    func reference() {
        var generator = Steady(state: 5)
        var gauge = CoverageGauge()
        var since: [Bool] = []
        for line in 0..<30_000 {
            let phase = line / 3000
            let share: UInt64 = [1, 3, 40, 2, 90, 0, 5, 5, 12, 0][phase]
            let isBad = generator.next() >> 11 & 127 < share
            since.append(isBad)
            if gauge.add(isBad, rule), !gauge.isRaised { since = [] }
            let whole = since.prefix(since.count / 20 * 20).suffix(200)
            let counted = gauge.recently
            #expect(counted.lines == whole.count && counted.bad == whole.count { $0 })
        }
    }
}

/// Numbers that are the same in every run.
struct Steady: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
