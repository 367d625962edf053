import Foundation
import Testing

/// Inputs that once broke something, and what `make fuzz` begins with.
struct RegressionTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/fuzz")

    @Test(arguments: Fuzzed.allCases) func `nothing that was found breaks anything any more`(
        fuzzed: Fuzzed
    ) throws {
        let folder = Self.folder.appending(path: fuzzed.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            #expect(throws: Never.self, "\(file.lastPathComponent)") {
                try fuzzed.feed(Array(try Data(contentsOf: file)))
            }
        }
    }
}
