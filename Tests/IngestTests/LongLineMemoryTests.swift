import Domain
import Testing

@testable import Ingest

/// What a long line took is given back when it is over, not when the next one comes (attack A16 of
/// docs/design/trials.md).
struct LongLineMemoryTests {
    @Test(arguments: [1 << 10, 5 << 20]) func `a splitter keeps no long line's buffer`(length: Int) {
        var splitter = LineSplitter(maximumLineBytes: 64 << 20)
        var lines: [Int] = []
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: length) + [10]
        for start in stride(from: 0, to: text.count, by: 65_536) {
            text[start..<min(start + 65_536, text.count)].withUnsafeBytes { splitter.append($0) }
            while case .line(_, let bytes)? = splitter.next() { lines.append(bytes.count) }
        }
        #expect(lines == [length])
        #expect(splitter.heldBytes <= 1 << 20)
        // Where it stands is proven by what came before, as ever.
        #expect(splitter.position().offset == Int64(length) + 1)
        #expect(splitter.position().guardLength == min(length + 1, 4096))
    }

    @Test func `a decoder keeps no parser that has read a long line`() {
        let decoder = RecordDecoder()
        _ = decoder.decode(Array("{}".utf8))
        #expect(decoder.idleParsers == 1)
        let line = #"{"a":"\#(String(repeating: "x", count: 1 << 20))"}"#
        _ = decoder.decode(Array(line.utf8))
        #expect(decoder.idleParsers == 0)
    }
}
