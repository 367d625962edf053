import Domain

/// The order of a tick's queries as bytes: runs of one code, so that a busy tick of like queries stays short.
enum StepRuns {
    /// One detector's list after the other; each run is a code and, as LEB128, how many queries in a row said it.
    static func bytes(of steps: [[StepCode]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for codes in steps {
            var place = codes.startIndex
            while place < codes.endIndex {
                let code = codes[place]
                let end = codes[place...].firstIndex { $0 != code } ?? codes.endIndex
                bytes.append(code.bits)
                var count = end - place
                while count >= 0x80 {
                    bytes.append(UInt8(count & 0x7f) | 0x80)
                    count >>= 7
                }
                bytes.append(UInt8(count))
                place = end
            }
        }
        return bytes
    }

    /// The lists that bytes were made of.
    ///
    /// - Parameters:
    ///   - bytes: what ``bytes(of:)`` gave.
    ///   - detectors: how many lists.
    ///   - queries: how long each is.
    /// - Returns: the lists; nil where the bytes do not fit them.
    static func steps(_ bytes: [UInt8], detectors: Int, queries: Int) -> [[StepCode]]? {
        var steps: [[StepCode]] = []
        var rest = bytes[...]
        for _ in 0..<detectors {
            var codes: [StepCode] = []
            while codes.count < queries {
                guard let bits = rest.popFirst(), let count = length(&rest), count > 0,
                    count <= queries - codes.count
                else { return nil }
                codes += Array(repeating: StepCode(bits: bits), count: count)
            }
            steps.append(codes)
        }
        return rest.isEmpty ? steps : nil
    }

    private static func length(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        var (value, shift) = (0, 0)
        while let byte = bytes.popFirst(), shift < 56 {
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
