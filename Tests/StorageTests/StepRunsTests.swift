import Domain
import Testing

@testable import Storage

@Suite struct StepRunsTests {
    private let seed = UInt64.random(in: 0 ... .max)

    /// splitmix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }

    private func lists(_ random: inout Generator) -> [[StepCode]] {
        let queries = [0, 1, 2, 127, 128, 129, 300, 20_000].randomElement(using: &random) ?? 1
        let alphabet = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            StepCode(bits: UInt8.random(in: 0 ... .max, using: &random))
        }
        return (0..<Int.random(in: 0...4, using: &random)).map { _ in
            var codes: [StepCode] = []
            while codes.count < queries {
                let run = [1, 1, 3, 200, 20_000].randomElement(using: &random) ?? 1
                let code = alphabet.randomElement(using: &random) ?? .unscored
                codes += Array(repeating: code, count: min(run, queries - codes.count))
            }
            return codes
        }
    }

    @Test func `steps come back from their bytes, whatever they are`() {
        var random = Generator(state: seed)
        for _ in 0..<500 {
            let lists = lists(&random)
            let queries = lists.first?.count ?? 0
            let bytes = StepRuns.bytes(of: lists)
            let back = StepRuns.steps(bytes, detectors: lists.count, queries: queries)
            #expect(back == lists, "seed \(seed)")
            // A change of code costs two bytes, a run of 128 one more.
            let changes = lists.reduce(0) {
                $0 + zip($1, $1.dropFirst()).count { $0 != $1 } + ($1.isEmpty ? 0 : 1)
            }
            #expect(bytes.count >= 2 * changes && bytes.count <= 4 * changes, "seed \(seed)")
        }
    }

    @Test func `a busy tick of like queries takes a few bytes`() {
        let steps = [
            Array(repeating: StepCode(rung: 0), count: 1000), Array(repeating: .unscored, count: 1000),
        ]
        #expect(StepRuns.bytes(of: steps) == [0, 0xe8, 0x07, 0xff, 0xe8, 0x07])
    }

    @Test(
        arguments: [
            ([], 1, 1), ([1], 1, 1), ([1, 0], 1, 1), ([1, 2], 1, 1), ([1, 1], 1, 2), ([1, 1, 2], 1, 2),
            ([1, 1, 2, 1], 1, 1), ([1, 1], 2, 1), ([1, 1], 0, 0), ([1, 0x80], 1, 200),
            ([1] + Array(repeating: 0xff, count: 9) + [0x01], 1, 1), ([1, 0x81, 0x80], 1, 1),
        ] as [([UInt8], Int, Int)]
    )
    func `bytes that do not fit are refused`(bytes: [UInt8], detectors: Int, queries: Int) {
        #expect(StepRuns.steps(bytes, detectors: detectors, queries: queries) == nil)
    }

    @Test func `cut, lengthened or of other counts they are refused, never misread`() {
        var random = Generator(state: seed)
        for _ in 0..<300 {
            let lists = lists(&random)
            guard let queries = lists.first?.count, queries > 0 else { continue }
            let bytes = StepRuns.bytes(of: lists)
            func read(_ bytes: some Sequence<UInt8>, _ detectors: Int, _ queries: Int) -> [[StepCode]]? {
                StepRuns.steps(Array(bytes), detectors: detectors, queries: queries)
            }
            let cut = Int.random(in: 0..<bytes.count, using: &random)
            #expect(read(bytes.prefix(cut), lists.count, queries) == nil, "seed \(seed)")
            #expect(read(bytes + [0, 1], lists.count, queries) == nil, "seed \(seed)")
            #expect(read(bytes, lists.count, queries + 1) == nil, "seed \(seed)")
            #expect(read(bytes, lists.count + 1, queries) == nil, "seed \(seed)")
            #expect(read(bytes, lists.count - 1, queries) == nil, "seed \(seed)")
            // Any bytes at all: refused, or lists of the right lengths.
            let noise = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                UInt8.random(in: 0 ... .max, using: &random)
            }
            if let found = read(noise, 2, 5) { #expect(found.map(\.count) == [5, 5], "seed \(seed)") }
        }
    }
}
