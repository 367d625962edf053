import Foundation
import Runtime
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        ("null", JSONValue.null), (" true ", true), ("-0", .integer(0)),
        ("9223372036854775807", .integer(.max)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5e2", .number(150)),
        ("[]", .array([])),
        ("[1,\"a\"]", .array([1, "a"])), ("{}", .object([JSONValue.Member]())),
        (#"{"b":1,"a":[{}]}"#, .object(["b": 1, "a": .array([.object([JSONValue.Member]())])])),
        (#""\u00e9\ud83d\ude42\n\/""#, "é🙂\n/"), ("\"名前\"", "名前"), ("\t\r\n 1", 1),
    ])
    func `reads`(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text.utf8) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "1.", ".5", "+1", "1e", "-", "[1,]", "[1 2]", "[", "{", "{\"a\"}",
        "{\"a\":}", "{a:1}",
        "{\"a\":1,}", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
        "\"a\nb\"", "1 2", "NaN",
        "Infinity", "1e999", "'a'", "// a\n1",
    ])
    func `refuses`(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text.utf8) }
    }

    @Test func `refuses what is not UTF-8 or nests too deeply`() throws {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSONValue(parsing: deep.utf8)
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[\(deep)]".utf8) }
        #expect(error?.description == "this is not JSON: values nest too deeply at byte 64")
    }

    @Test func `what Foundation takes for JSON is read alike, and what it refuses is refused`() throws {
        let seeds = [#"{"a":[1,-2.5e3,"x\u0041\n",true,null],"b":{"c":"é"}}"#, "[[],[{}],\"\\\\\",0.1]"]
        var state: UInt64 = 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = Array(seeds[random(2)].utf8)
            for _ in 0..<1 + random(2) {
                bytes[random(bytes.count)] = Array("0123456789{}[]\",:\\etn -.u".utf8)[random(25)]
            }
            let other = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            let ours = try? JSONValue(parsing: bytes)
            if let ours {
                accepted += 1
                let again = try JSONSerialization.jsonObject(
                    with: Data(ours.text.utf8),
                    options: .fragmentsAllowed
                )
                // Of equal keys ours keeps each, a dictionary one.
                if let other {
                    #expect(NSDictionary(dictionary: ["": other]) == NSDictionary(dictionary: ["": again]))
                }
            }
            #expect((other != nil) == (ours != nil), "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(accepted > 100)
    }

    @Test func `parts are asked for by name and type`() throws {
        let value = try JSONValue(parsing: #"{"s":"a","n":1.5,"i":2,"b":true,"l":[1]}"#.utf8)
        #expect(value["s"].string == "a" && value["n"].double == 1.5 && value["i"].integer == 2)
        #expect(value["i"].double == 2 && value["b"].bool == true && value["l"].elements == [1])
        #expect(
            value["x"] == .null && value["s"]["t"] == .null && value["s"].integer == nil
                && value["x"].elements.isEmpty
        )
    }
}
