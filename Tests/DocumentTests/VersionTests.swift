import Domain
import Testing

/// riskd's version is written once, and what else states it agrees.
struct VersionTests {
    @Test func `no source states the version but the constant`() {
        let stating = Repository.here.files.filter { file in
            file.path.hasPrefix("Sources/") && file.text.contains("\"\(riskdVersion)\"")
        }
        #expect(stating.map(\.path) == ["Sources/Domain/Version.swift"])
    }

    @Test func `the newest entry of the history of changes is the version that is built`() throws {
        #expect(riskdVersion.wholeMatch(of: #/\d+\.\d+\.\d+/#) != nil)
        let changes = try #require(Repository.here["CHANGELOG.md"]).text
        let released = changes.matches(of: #/(?m)^## (\d+\.\d+\.\d+)/#).map { String($0.output.1) }
        // Until the first release there is none.
        #expect(released.first ?? riskdVersion == riskdVersion)
    }

    @Test func `the API's description states the version of riskd`() throws {
        let description = try #require(Repository.here["docs/openapi.yaml"]).text
        let stated = try #require(description.firstMatch(of: #/(?m)^  version: (\S+)$/#)).output.1
        #expect(String(stated) == riskdVersion)
    }
}
