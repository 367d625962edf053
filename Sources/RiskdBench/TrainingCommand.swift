import Console
import Foundation
import RiskdCLI
import Runtime
import Training

extension Command {
    /// `riskd-bench training`: an encoder from generated features.
    static let training = Command(
        "training",
        "Time training an encoder and asking its head",
        discussion: """
            Generates feature vectors of 10 classes, trains an encoder as riskd train encoder does (an autoencoder, then a net \
            on its encoder), and times a 512-128-64-10 head in batches of 64. Every epoch is run: nothing stops early. With \
            --data the vectors are also written, for another program to learn from; docs/benchmarks/compare-training does so \
            with scikit-learn.
            """,
        flags: [
            Flag("vectors", value: "COUNT", "Vectors; 20000 unless given"),
            Flag("features", value: "COUNT", "Numbers of each; 512 unless given"),
            Flag("epochs", value: "COUNT", "Passes for each of the two networks; 10 unless given"),
            Flag(
                "data",
                value: "DIR",
                "Write training.f32 and validation.f32 (row-major, little-endian) here"
            ),
            OutputFormat.flag,
        ]
    ) { invocation in
        let bench = TrainingBench(
            vectors: try invocation.count("vectors", 20_000, in: 1000...1_000_000),
            width: try invocation.count("features", 512, in: 16...16_384),
            epochs: try invocation.count("epochs", 10, in: 1...1000)
        )
        if let folder = invocation.value("data") {
            try bench.write(bench.examples.training, to: folder + "/training.f32")
            try bench.write(bench.examples.validation, to: folder + "/validation.f32")
        }
        var report = Report([
            .init("what"), .init("epochs", isNumeric: true), .init("seconds", isNumeric: true),
            .init("seconds_per_epoch", isNumeric: true), .init("validation_loss", isNumeric: true),
            .init("us_per_record", isNumeric: true),
        ])
        var total = 0.0
        for phase in try bench.train(note: invocation.terminal.note) {
            total += phase.seconds
            report.append([
                .string(phase.name), .integer(Int64(phase.epochs)), .number(rounded(phase.seconds, 2)),
                .number(rounded(phase.seconds / Double(phase.epochs), 3)), .number(rounded(phase.loss, 5)),
                .null,
            ])
        }
        report.append([
            .string("encoder in all"), .integer(Int64(2 * bench.epochs)), .number(rounded(total, 2)), .null,
            .null, .null,
        ])
        let microseconds = bench.ask()
        report.append([
            .string("head 512-128-64-10, batches of 64"), .null, .null, .null, .null,
            .number(rounded(microseconds, 2)),
        ])
        report.write(to: invocation.terminal, as: invocation.format)
        return .ok
    }
}
