import Domain
import Foundation
import Testing

@testable import Alerting

@Suite struct TemplateReceiverTests {
    @Test func `placeholders are filled in, texts and numbers`() throws {
        let template = try TemplateReceiver(
            #"{"summary": "{{ title }}", "score": {{score}}, "key": "{{dedup_key}}", "url": "{{url}}"}"#,
            file: "t"
        )
        let message = try Examples.message(.alertFiring, [Examples.alert()])
        let payload = try #require(try template.render(message, Examples.context))
        #expect(
            String(decoding: payload.parts[0], as: UTF8.self)
                == #"{"summary": "User u-4711 risk 87.9 (high) on chest-xray-v7", "score": 87.881, "#
                + #""key": "riskd/user/u-4711/model/chest-xray-v7/high", "#
                + #""url": "https://riskd.example.org/alerts/01J6Q7R8S9TAVBWCXDYEZF0G1H"}"#
        )
    }

    @Test func `no name breaks out of its string`() throws {
        let all = TemplateReceiver.Placeholder.allCases.map { "\"\($0.rawValue)\": \"{{\($0.rawValue)}}\"" }
        let template = try TemplateReceiver("{\(all.joined(separator: ",\n"))}", file: "t")
        for text in Examples.hostile {
            let alert = try Examples.alert(user: text, model: text)
            let message = try Examples.message(.alertFiring, [alert])
            let payload = try #require(try template.render(message, Examples.context))
            let body = try JSONSerialization.jsonObject(with: Data(payload.parts[0])) as? [String: String]
            #expect(body?.count == all.count)
            if text.utf8.count <= 256 { #expect(body?["entity"].map { Array($0.utf8) } == Array(text.utf8)) }
        }
    }

    @Test(arguments: [
        ("{\n\"a\": \"{{titel}}\"}", 2), ("{\"a\":\n\n\"{{title\"}", 3), ("{\"a\": {{title}}}", 1),
        ("{\"a\": \"x\",\n}", 2), ("", 1), ("{} {}", 1), ("{\"a\": 01}", 1), ("[1,2", 1),
    ])
    func `a template that is none is refused with its line`(text: String, line: Int) throws {
        let error = #expect(throws: FormatError.self) { try TemplateReceiver(text, file: "/etc/t.json") }
        #expect(try #require(error?.description).hasPrefix("/etc/t.json, line \(line): "))
    }

    @Test(arguments: [
        "{}", "[]", " [1, -2.5e+3, 0, true, false, null, \"\\u00e9\\n\"] ", "{\"a\":{\"b\":[{}]}}", "\"x\"",
        "0",
    ])
    func `JSON is taken for JSON`(text: String) {
        #expect(JSONSyntax.firstError(in: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "{", "[1,]", "{\"a\"}", "{a:1}", "'x'", "1.", ".5", "+1", "1e", "\"\\x\"", "\"\\u12\"", "\"a\nb\"",
        "nul", "[]]",
        String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ])
    func `what is not JSON is not`(text: String) {
        #expect(JSONSyntax.firstError(in: Array(text.utf8)) != nil)
    }
}
