import Domain
import Foundation
import Testing

@testable import Configuration

@Suite struct ConfigurationTests {
    private static let shipped = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "config/riskd.yaml")

    private func parse(_ text: String, _ overrides: String...) throws -> Configuration {
        try .parse(
            Array(text.utf8),
            file: "/etc/riskd/r.yaml",
            overrides: overrides,
            surroundings: surroundings
        )
    }

    /// The reference with every example switched on.
    private static func uncommented(_ text: String) -> String {
        text.replacing(#/(?m)^( *)#([^ \n])/#) { "\($0.output.1)\($0.output.2)" }
    }

    private static func leaves(_ node: YAMLNode, _ path: String) -> [String] {
        switch node.content {
        case .mapping(let entries):
            entries.flatMap { entry in
                leaves(
                    entry.value,
                    path == "models" ? "models.NAME" : path.isEmpty ? entry.key : "\(path).\(entry.key)"
                )
            }
        case .sequence(let nodes)
        where nodes.contains { if case .mapping = $0.content { true } else { false } }:
            nodes.flatMap { leaves($0, "\(path)[]") }
        default: [path]
        }
    }

    @Test func `config/riskd.yaml is the printed reference`() throws {
        #expect(try String(contentsOf: Self.shipped, encoding: .utf8) == ConfigurationReference.yaml)
    }

    @Test func `the reference sets every key to its default`() throws {
        #expect(try parse(ConfigurationReference.yaml) == parse(""))
    }

    @Test func `the reference shows exactly the table's keys, and its examples are valid`() throws {
        let text = Self.uncommented(ConfigurationReference.yaml)
        let (root, problems) = YAMLReader.read(Array(text.utf8), file: "r.yaml")
        #expect(problems.isEmpty)
        #expect(Self.leaves(root, "") == ConfigurationKey.all.map(\.path))
        let configuration = try parse(text)
        let expected = Configuration.Opinion(
            name: "encoder",
            model: "/etc/riskd/models/fashion-encoder.onnx",
            input: .backbone,
            backbone: "/etc/riskd/models/fashion-backbone.onnx"
        )
        #expect(configuration.settings(for: ModelID("fashion")).opinions == [expected])
        #expect(configuration.stateDirectory == "/var/lib/riskd")
        #expect(configuration.workers == 4)
    }

    @Test
    func `the socket is in the service manager's folder, else beside what is kept, elsewhere or nowhere`()
        throws
    {
        func path(_ text: String, runtime: String? = nil) throws -> String? {
            let surroundings = Configuration.Surroundings(
                currentDirectory: "/home/me",
                runtimeDirectory: runtime
            )
            return try Configuration.parse(Array(text.utf8), file: "/etc/r.yaml", surroundings: surroundings)
                .socketPath
        }
        #expect(try path("{}") == "/home/me/riskd-state/api.sock")
        #expect(try path("state_directory: /var/lib/riskd") == "/var/lib/riskd/api.sock")
        #expect(try path("state_directory: /s", runtime: "/run/riskd:/run/b") == "/run/riskd/api.sock")
        #expect(try path("api: {socket: a.sock}", runtime: "/run/riskd") == "/etc/a.sock")
        #expect(try path("api: {socket: ''}", runtime: "/run/riskd") == nil)
        #expect(try path("api: {enabled: false}", runtime: "/run/riskd") == nil)
        let long = "/" + String(repeating: "a", count: 103)
        let error = #expect(throws: ConfigurationError.self) { try path("api: {socket: \(long)}") }
        #expect(error?.problems.map(\.message) == ["must have at most 103 bytes"])
        #expect(try Configuration.parse([], file: "").api.socketGroupRole == .operator)
    }

    @Test func `every key is described once, in one sentence`() {
        let paths = ConfigurationKey.all.map(\.path)
        #expect(Set(paths).count == paths.count)
        for key in ConfigurationKey.all {
            #expect(key.summary.hasSuffix("."), "\(key.path)")
            #expect(!key.note.isEmpty, "\(key.path)")
        }
        #expect(ConfigurationKey.all.filter(\.isSecret).map(\.path) == ["database"])
    }

    @Test func `an empty document is the defaults`() throws {
        let configuration = try parse("# nothing\n")
        #expect(configuration == (try parse("")))
        #expect(configuration.stateDirectory == "/home/me/riskd-state")
        #expect(configuration.workers == 8)
        #expect(configuration.http.listen.description == "127.0.0.1:9470")
        #expect(configuration.similarity.threshold == 0.1)
        #expect(
            configuration.scoring.halfLives == [
                .seconds(600), .seconds(3600), .seconds(14_400), .seconds(86_400),
            ]
        )
        #expect(configuration.database == nil)
        #expect(Configuration.Opinion().input == .features)
    }

    @Test func `relative paths start from the file's folder`() throws {
        let text = "state_directory: ./s\ningest: {paths: [logs/*.ndjson, /var/log/x]}\n"
        let configuration = try parse(text)
        #expect(configuration.stateDirectory == "/etc/riskd/s")
        #expect(configuration.ingest.paths == ["/etc/riskd/logs/*.ndjson", "/var/log/x"])
        let bare = try Configuration.parse(Array(text.utf8), file: "r.yaml", surroundings: surroundings)
        #expect(bare.ingest.paths == ["/home/me/logs/*.ndjson", "/var/log/x"])
    }

    @Test func `the environment gives what has no fixed default`() throws {
        var surroundings = surroundings
        surroundings.stateDirectory = "/var/lib/riskd:/other"
        surroundings.runtime = "/opt/libonnxruntime.so"
        let configuration = try Configuration.parse([], file: "/a/b/r.yaml", surroundings: surroundings)
        #expect(configuration.stateDirectory == "/var/lib/riskd")
        #expect(configuration.opinions.candidates == ["/opt/libonnxruntime.so"])
        surroundings.runtime = nil
        let unset = try Configuration.parse([], file: "/a/b/r.yaml", surroundings: surroundings)
        #expect(
            unset.opinions.candidates == [
                "/a/b/.deps/onnxruntime/libonnxruntime.so", "/a/.deps/onnxruntime/libonnxruntime.so",
                "/usr/lib/riskd/libonnxruntime.so",
            ]
        )
    }

    @Test func `a model inherits what is set for all, wherever that stands`() throws {
        let text = """
            models:
              a: {criticality: 2, similarity: {cap: 0.25}}
            similarity: {threshold: 0.2, history: {entries: 7}}
            """
        let configuration = try parse(text)
        let model = configuration.settings(for: ModelID("a"))
        #expect(model.criticality == 2)
        #expect(model.similarity.threshold == 0.2)
        #expect(model.similarity.cap == 0.25)
        #expect(model.similarity.history.entries == 7)
        #expect(configuration.settings(for: ModelID("b")).similarity == configuration.similarity)
    }

    @Test func `a flag wins over the file, and its errors name it`() throws {
        let configuration = try parse(
            "batch: {records: 5}\n",
            "batch.records=6",
            "scoring.enter=[10, 40, 70, 90]",
            "models.\"r.v2\".criticality=1.5",
            "scoring.exit=[5,32,60,82]"
        )
        #expect(configuration.batch.records == 6)
        #expect(configuration.scoring.enter == [10, 40, 70, 90])
        #expect(configuration.models[ModelID("r.v2")]?.criticality == 1.5)
        #expect(
            problems(
                "",
                overrides: [
                    "batch.recrods=1", "batch.records=x", "oops", "batch.delay=[", "a..b=1", "workers=",
                ]
            )
                == [
                    "--set: expected KEY=VALUE, such as similarity.threshold=0.2",
                    "--set batch.delay: did not find expected node content, while parsing a flow node",
                    "--set: expected KEY=VALUE, such as similarity.threshold=0.2",
                    "--set batch.recrods: batch: unknown key 'recrods'; did you mean 'records'?",
                    "--set workers: workers: expected a whole number, got nothing",
                    "--set batch.records: batch.records: expected a whole number, got 'x'",
                ]
        )
    }

    @Test func `text stays text, whatever YAML 1.1 would make of it`() throws {
        let configuration = try parse("models: {no: {classes: [no, yes, on, 1.0, 0x10]}}\n")
        #expect(configuration.models[ModelID("no")]?.classes == ["no", "yes", "on", "1.0", "0x10"])
    }

    @Test func `a secret shows in no description`() throws {
        let configuration = try parse("database: password=hunter2\n")
        #expect(configuration.database?.value == "password=hunter2")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration)".contains("hunter2"))
        #expect(!dumped.contains("hunter2"))
    }
}
