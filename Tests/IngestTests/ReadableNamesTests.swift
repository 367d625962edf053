import Domain
import Ingest
import Testing

@Suite struct ReadableNamesTests {
    @Test(
        "a line that cannot be used names its user and model as far as they can be read",
        arguments: [
            (#"{"id":"1","user":"ada","model":"m","time":"?"}"#, "ada", "m"),
            (#"{"user" : "ada" , "model":"m","input":{"data":"AAAA"#, "ada", "m"),
            (#"{"user":17,"model":"m"}"#, "17", "m"),
            (#"{"model":"m","user":"ad"#, nil, "m"),
            (#"{"user":"a\u0064a","model":"m"}"#, nil, "m"),
            (#"{"user":"","model":"m"}"#, nil, "m"),
            (#"{"user":null,"model":["m"]}"#, nil, nil),
            (#"{"note":"\"user\":\"eve\"","user":"ada"}"#, "ada", nil),
            (#"{"headers":{"user":"eve"},"user":"ada"}"#, "ada", nil),
            (#"{"user":"ada","headers":{"user":"eve"}}"#, "ada", nil),
            (#"{"headers":{"user":"eve"}}"#, "eve", nil),
            (#"{"user":12"#, nil, nil),
            ("not JSON at all", nil, nil), ("", nil, nil), (#"""#, nil, nil), (#"{"user":"#, nil, nil),
        ]
    )
    func names(line: String, user: String?, model: String?) {
        let names = ReadableNames(Array(line.utf8))
        #expect(names.user?.name == user && names.model?.name == model)
    }

    @Test("a long name is cut as a record's is, and bytes that are no text name nobody")
    func odd() {
        let long = String(repeating: "x", count: 1000)
        #expect(ReadableNames(Array(#"{"user":"\#(long)"}"#.utf8)).user?.name == boundedName(long))
        #expect(ReadableNames(Array(#"{"user":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)).user == nil)
        #expect(ReadableNames(Array(#"{"user":"a"#.utf8) + [0] + Array(#"b"}"#.utf8)).user == nil)
    }

    @Test("wherever a line is cut, nothing but its own names is read of it")
    func cuts() {
        let line = Array(
            #"{"id":"1","user":"ada","model":"m","input":{"image":{"data":"AAAA"}},"time":1}"#.utf8
        )
        for count in 0...line.count {
            let names = ReadableNames(Array(line.prefix(count)))
            #expect(names.user == nil || names.user?.name == "ada")
            #expect(names.model == nil || names.model?.name == "m")
        }
    }
}
