import Domain
import Testing

@testable import Scoring

@Suite struct LinkedImagesTests {
    @Test func `rows come back as they were, until they are forgotten`() {
        var generator = SeededGenerator(seed: 3)
        var images = LinkedImages()
        var rows: [LinkedImages.Row] = []
        var (sequence, time, forgotten): (Int64, Int64, Int64) = (-7, 0, .min)
        for index in 0..<5000 {
            sequence += generator.chance(0.001) ? 1 << 33 : Int64(generator.integer(1...3))
            time += generator.chance(0.01) ? Int64(generator.integer(-40...40)) * 86_400_000 : 7
            let first = rows.isEmpty || generator.chance(0.7) ? sequence : rows[rows.count / 2].first
            let row = LinkedImages.Row(
                sequence: sequence,
                first: first,
                time: Timestamp(milliseconds: time),
                label: ["a", "b", "\u{e9}", "e\u{301}"][generator.integer(0...3)] + "\(index / 1500)",
                classIndex: generator.chance(0.5) ? generator.integer(0...2) : nil,
                probability: Double(generator.integer(0...1000)) / 1000
            )
            rows.append(row)
            images.append(row)
            if generator.chance(0.02) {
                forgotten = rows[generator.integer(max(0, rows.count - 900)...rows.count - 1)].sequence
                images.forget(before: forgotten)
                let held = rows.filter { $0.sequence >= forgotten }
                #expect(images.count == held.count)
                if generator.chance(0.3) { #expect(images.sweep() == Set(held.map(\.first))) }
                rows = held
                for row in held {
                    let found = images.row(row.sequence)
                    #expect(found == row)
                    #expect(found?.label.utf8.elementsEqual(row.label.utf8) == true)
                }
                #expect(images.row(forgotten - 1) == nil && images.row(sequence + 1) == nil)
            }
        }
    }

    @Test func `an image takes 24 bytes`() {
        var images = LinkedImages()
        for sequence in 0..<100_000 {
            images.append(
                LinkedImages.Row(
                    sequence: Int64(sequence),
                    first: Int64(sequence),
                    time: Timestamp(milliseconds: Int64(sequence)),
                    label: "a",
                    classIndex: 0,
                    probability: 0.5
                )
            )
        }
        #expect(images.allocatedBytes < 100_000 * 26)
    }
}
