import Testing

@testable import WebClient

@Suite struct EndpointURLTests {
    private static let notAURL = "this is not an absolute https URL, in ASCII and without blanks"

    @Test(arguments: [
        ("https://example.com", "example.com", 443),
        ("https://EXAMPLE.com:8443/hook?token=s3cret#part", "example.com", 8443),
        ("HTTPS://example.com./x", "example.com.", 443),
        ("https://[2606:4700::1111]/x", "2606:4700::1111", 443),
        ("https://1.1.1.1/x", "1.1.1.1", 443),
    ])
    func `an address is taken apart`(text: String, host: String, port: UInt16) throws {
        let url = try EndpointURL(text)
        #expect(url.scheme == "https")
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.text == text)
    }

    @Test(arguments: [
        ("http://example.com/x", "example.com is addressed with plain http, which is not allowed: use https"),
        ("ftp://example.com/x", "the scheme ftp cannot be used: use https"),
        ("file:///etc/passwd", notAURL),
        ("gopher://example.com/x", "the scheme gopher cannot be used: use https"),
        ("https://user@example.com/", "an address must not hold a user name or password"),
        ("https://user:pass@example.com/", "an address must not hold a user name or password"),
        ("https://:pass@example.com/", "an address must not hold a user name or password"),
        (
            "https://example.com:22/x",
            "port 22 of example.com is not among those that are allowed (443, 8443)"
        ),
        (
            "https://example.com:80/x",
            "port 80 of example.com is not among those that are allowed (443, 8443)"
        ),
        ("https://[fe80::1%25eth0]/", "an address must not name a network zone"),
        ("https://[fe80::1%eth0]/", "an address must not name a network zone"),
        ("https://exa mple.com/", notAURL), ("https://example.com/\r\nX: y", notAURL),
        ("https://ex\u{e4}mple.com/", notAURL), ("example.com/x", notAURL), ("//example.com/x", notAURL),
        ("https://", notAURL), ("https://example.com:99999/", notAURL), ("", notAURL),
    ])
    func `an address that may not be used is refused`(text: String, reason: String) {
        #expect(throws: WebError.invalidURL(reason: reason)) { try EndpointURL(text) }
    }

    /// Spellings of 127.0.0.1 that some programs understand: they are normalised before they are looked at.
    @Test(arguments: ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1"])
    func `a number is an address, however it is spelled`(host: String) throws {
        #expect(try EndpointURL("https://\(host)/").literal?.description == "127.0.0.1")
    }

    @Test func `ports and plain HTTP may be allowed`() throws {
        let policy = EndpointURL.Policy(ports: [80, 9000], allowsPlainHTTP: true)
        #expect(try EndpointURL("http://example.com/x", policy: policy).port == 80)
        #expect(try EndpointURL("https://example.com:9000/x", policy: policy).port == 9000)
        #expect(throws: WebError.self) { try EndpointURL("https://example.com/x", policy: policy) }
    }

    @Test func `no token can be printed`() throws {
        let url = try EndpointURL("https://[2606:4700::1111]/services/T0/B0/s3cret?token=s3cret")
        var dumped = ""
        dump(url, to: &dumped)
        let holder: [EndpointURL?] = [url]
        for text in ["\(url)", String(reflecting: url), "\(holder)", dumped] {
            #expect(!text.contains("s3cret"), "\(text)")
        }
        #expect("\(url)" == "https://[2606:4700::1111]:443/…")
    }
}
