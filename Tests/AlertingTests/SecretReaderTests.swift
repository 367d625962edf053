import Domain
import Testing

@testable import Alerting

@Suite struct SecretReaderTests {
    private let directory: Directory

    init() throws { directory = try Directory() }

    private func write(_ name: String, _ text: String, mode: Int) throws -> String {
        try directory.write(name, text, mode: mode)
    }

    @Test(arguments: [0o400, 0o600])
    func `a file that only its owner can read is read, without blanks at its end`(mode: Int) throws {
        let path = try write("a", "whsec_abc \n\n", mode: mode)
        let secret = try SecretReader(credentials: nil).read(.file(path))
        #expect(secret.value == "whsec_abc")
        #expect(secret.source == path)
    }

    @Test(arguments: [0o440, 0o404, 0o444, 0o644, 0o620, 0o601])
    func `a file that others can get at is refused`(mode: Int) throws {
        let path = try write("a", "whsec_abc", mode: mode)
        #expect(throws: SecretError.exposed(source: path, mode: String(mode, radix: 8))) {
            try SecretReader(credentials: nil).read(.file(path))
        }
    }

    @Test func `a credential is a file of the directory that the service manager names`() throws {
        _ = try write("hook", "s3cret\n", mode: 0o440)
        let reader = SecretReader(credentials: directory.path)
        #expect(try reader.read(.credential("hook")).value == "s3cret")
        #expect(try reader.read(.credential("hook")).source == "credential hook")
        for name in ["", "..", "../hook", "a/b", "."] {
            #expect(throws: SecretError.self) { try reader.read(.credential(name)) }
        }
        #expect(throws: SecretError.self) { try SecretReader(credentials: nil).read(.credential("hook")) }
        _ = try write("open", "s3cret", mode: 0o444)
        #expect(throws: SecretError.exposed(source: "credential open", mode: "444")) {
            try reader.read(.credential("open"))
        }
    }

    @Test func `what is no secret is refused`() throws {
        let reader = SecretReader(credentials: nil)
        let empty = try write("empty", " \n", mode: 0o400)
        let long = try write("long", String(repeating: "x", count: 8193), mode: 0o400)
        for path in [empty, long, directory.path, "/dev/null", directory.path + "/none", "relative"] {
            #expect(throws: SecretError.self) { try reader.read(.file(path)) }
        }
    }

    @Test func `a secret cannot be printed`() {
        let secret = Secret("s3cret", source: "here")
        var dumped = ""
        dump([secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains("s3cret"))
        }
    }
}
