import Domain
import Testing

@testable import Ingest

@Suite struct LineSplitterTests {
    @Test func `cuts as a whole-file reference does, however the bytes arrive`() {
        var generator = SplitMix(seed: 1)
        for _ in 0..<600 {
            let limit = Int.random(in: 1...40, using: &generator)
            let bytes = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
                Array("aaaabc \t\r\n\n".utf8).randomElement(using: &generator) ?? 0
            }
            let expected = reference(bytes, limit: limit)
            var splitter = LineSplitter(maximumLineBytes: limit)
            var pieces: [LineSplitter.Piece] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(Int.random(in: 1...50, using: &generator))
                rest = rest.dropFirst(chunk.count)
                chunk.withUnsafeBytes { splitter.append($0) }
                while let piece = splitter.next() { pieces.append(piece) }
                if Bool.random(using: &generator) {
                    // A restart: everything after the position comes again.
                    let position = splitter.position()
                    let offset = Int(position.offset)
                    #expect(position.guardDigest == sha256Text(Array(bytes[max(0, offset - 4096)..<offset])))
                    splitter = LineSplitter(
                        maximumLineBytes: limit,
                        position: position,
                        prefix: Array(bytes[..<offset]),
                        tail: Array(bytes[max(0, offset - position.guardLength)..<offset])
                    )
                    rest = bytes[offset...]
                }
            }
            #expect(pieces == expected)
            #expect(splitter.prefix == Array(bytes.prefix(4096)))
        }
    }

    private func reference(_ bytes: [UInt8], limit: Int) -> [LineSplitter.Piece] {
        var pieces: [LineSplitter.Piece] = []
        var offset = 0
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
            let content = line.last == 13 ? line.dropLast() : line
            let isBlank = content.allSatisfy { [32, 9, 13].contains($0) }
            if content.count > limit {
                // White space too: it may have been dropped before its end was seen.
                pieces.append(
                    .tooLong(offset: Int64(offset), length: Int64(content.count), head: Array(content))
                )
            } else if !isBlank {
                pieces.append(.line(offset: Int64(offset), bytes: Array(content)))
            }
            offset += line.count + 1
        }
        return pieces
    }
}
