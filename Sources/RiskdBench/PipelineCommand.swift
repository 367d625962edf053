import Configuration
import Console
import Domain
import Foundation
import RiskdCLI

extension Command {
    /// `riskd-bench pipeline`: the whole path of records.
    static let pipeline = Command(
        "pipeline",
        "Time riskd replay end to end: records per second, share of each stage, peak memory",
        discussion: """
            Runs the daemon's own pipeline on a private PostgreSQL, over generated 50x50x3 images and over 28x28x1 images \
            like those of the Fashion fixture (with its two second opinions where models and ONNX Runtime are there). \
            First fills the history, then times --records more, from an uncompressed log: all workers, one worker, and a \
            tenth of the history, each over the same records. With --images the history is filled with images of a file \
            that docs/benchmarks/images.py wrote, and new images and those that attacks start from come from it, too. With \
            --log a recorded log takes the place of all this. --config and --set configure the models.
            """,
        flags: [
            Flag("records", value: "COUNT", "Records of each timed run; 5000 unless given"),
            Flag("history", value: "COUNT", "Images in the history; 10000 unless given"),
            Flag("workers", value: "COUNT", "Threads that score; one per processor unless given"),
            Flag(
                "log",
                value: "FILE",
                "A recorded log in place of generated input; .gz and .xz are decompressed"
            ),
            Flag("images", value: "FILE", "Real images in place of generated ones, as for similarity"),
            Flag("rate", value: "COUNT", "Generated records in a second of event time; 10 unless given"),
            Flag("first", "Only the first of the timed runs of each input"),
            .fixture,
            .workplace, .config, .set, OutputFormat.flag,
        ]
    ) { invocation in
        let configuration = try invocation.configuration()
        let size = PipelineSize(
            records: try invocation.count("records", 5000, in: 100...10_000_000),
            history: try invocation.count("history", 10_000, in: 100...10_000_000),
            workers: try invocation.count("workers", configuration.workers, in: 1...1024),
            rate: try invocation.count("rate", 10, in: 1...2000),
            isFirstOnly: invocation.has("first")
        )
        let directory = try invocation.workplace()
        let terminal = invocation.terminal
        var runs: [PipelineRun] = []
        if let log = invocation.value("log") {
            let input = try PipelineInput.split(log, configuration, size: size, in: directory)
            runs = try await PipelineBench(input, size: size, directory: directory, terminal: terminal).run()
        } else {
            let fixture = invocation.fixture
            for images in try supplies(invocation.value("images"), fixture, size) {
                // Real images are for measuring the search: opinions stay out of it.
                let isLikeFixture = if case .made = images { images.shape.channels == 1 } else { false }
                let settings =
                    isLikeFixture ? try invocation.configuration(withOpinionsOf: fixture) : configuration
                let features = isLikeFixture ? try recordedSources(fixture).compactMap(\.features) : []
                let place = "\(directory)/\(images.shape)"
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                let input = try PipelineInput.generate(
                    images,
                    settings,
                    features: features,
                    size: size,
                    in: place,
                    terminal
                )
                runs += try await PipelineBench(input, size: size, directory: place, terminal: terminal).run()
            }
        }
        try FileManager.default.removeItem(atPath: directory)
        PipelineReport(runs: runs).write(to: terminal, as: invocation.format)
        return .ok
    }

    /// A file's images, or those made of the fixture's in both shapes.
    private static func supplies(
        _ path: String?,
        _ fixture: String,
        _ size: PipelineSize
    ) throws -> [ImageSupply] {
        guard let path else {
            let sources = try recordedSources(fixture).compactMap(\.image)
            return [(50, 50, 3), (28, 28, 1)].map { height, width, channels in
                let shape = ImageShape(height: height, width: width, channels: channels)
                return .made(ImageMaker(shape: shape, sources: sources))
            }
        }
        let file = try ImageFile(path: path)
        let needed = PipelineSize.calibrationRecords + size.history + size.records
        guard file.count >= needed else {
            throw UsageError("\(path) holds \(file.count) images; \(needed) are needed to send none twice")
        }
        return [.recorded(file, next: 0)]
    }

    /// The benign records of the fixture: an attack's near-duplicates would make new images too alike.
    static func recordedSources(_ fixture: String) throws -> [Record] {
        let path = fixture + "/fashion-calibration.ndjson.xz"
        guard FileManager.default.fileExists(atPath: path) else {
            throw UsageError("there is no trace in \(fixture): run this in riskd's folder, or name --fixture")
        }
        return try RecordedLines(path: path).records()
    }
}

extension Flag {
    static let fixture = Flag(
        "fixture",
        value: "DIR",
        "Where the trace is; Tests/Fixtures/fashion unless given"
    )
    static let workplace = Flag(
        "directory",
        value: "DIR",
        "Where to work; must not exist; .bench unless given, which is replaced"
    )
}

extension Invocation {
    /// The folder that ``Flag/fixture`` names.
    var fixture: String { value("fixture") ?? "Tests/Fixtures/fashion" }

    /// The configuration with the fixture's two second opinions on generated records, where that is possible.
    fileprivate func configuration(withOpinionsOf fixture: String) throws -> Configuration {
        let folder = URL(fileURLWithPath: fixture).path.replacing("'", with: "''")
        let names = ["encoder", "encoder-adv"]
        let opinions = names.map {
            "{name: \($0), input: features, model: '\(folder)/models/fashion-\($0).onnx'}"
        }
        let plain = try configuration()
        guard plain.opinions.installedRuntime() != nil,
            names.allSatisfy({
                FileManager.default.fileExists(atPath: "\(fixture)/models/fashion-\($0).onnx")
            })
        else {
            terminal.note("without second opinions: ONNX Runtime or the fixture's models are missing")
            return plain
        }
        let setting = "models.bench.opinions=[\(opinions.joined(separator: ", "))]"
        return try .load(value(Flag.config.name), overrides: values(Flag.set.name) + [setting])
    }
}
