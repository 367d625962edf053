import Pipeline
import Configuration
import Console
import Domain
import Foundation
import RiskdCLI
import Runtime

extension Command {
    /// `riskd-bench restart`: how long a start with a history takes.
    static let restart = Command(
        "restart",
        "Time the start of riskd with a history: from nothing in memory to the first record stored",
        discussion: """
            Fills a history on a private PostgreSQL with images of a file that docs/benchmarks/images.py wrote, by riskd \
            replay, and starts it again with one more record: with the signatures that were kept in the state directory, \
            without them, and with them again. Filling is faster with --set similarity.cap=0.1, which does not change \
            what a start has to do.
            """,
        flags: [
            Flag("images", value: "FILE", "The images; required"),
            Flag("history", value: "COUNT", "Images in the history; 100000 unless given"),
            Flag("workers", value: "COUNT", "Threads; one per processor unless given"),
            Flag(
                "directory",
                value: "DIR",
                "Where to work; must not exist; .bench unless given, which is replaced"
            ),
            .config, .set, OutputFormat.flag,
        ]
    ) { invocation in
        guard let path = invocation.value("images") else { throw UsageError("--images is required") }
        let file = try ImageFile(path: path)
        let configuration = try invocation.configuration()
        let history = try invocation.count("history", 100_000, in: 100...10_000_000)
        guard file.count >= history + RestartBench.starts else {
            let needed = history + RestartBench.starts
            throw UsageError("\(path) holds \(file.count) images; \(needed) are needed")
        }
        let directory = try invocation.workplace()
        let bench = RestartBench(
            file: file,
            history: history,
            workers: try invocation.count("workers", configuration.workers, in: 1...1024),
            directory: directory,
            terminal: invocation.terminal
        )
        let runs = try await bench.run(configuration)
        try FileManager.default.removeItem(atPath: directory)
        var report = Report(
            [.init("images", isNumeric: true), .init("signatures")]
                + [
                    "kept", "seconds", "reload", "waiting", "adding", "linking", "riskd_cpu", "postgres_cpu",
                    "peak_mib",
                ].map { .init($0, isNumeric: true) }
        )
        for run in runs {
            let reload = run.reload
            let durations = [run.duration, reload.duration, reload.waiting, reload.adding, reload.linking]
            report.append(
                [.integer(Int64(reload.images)), .string(run.name), .integer(Int64(reload.keptSignatures))]
                    + durations.map { .number(rounded($0.inSeconds, 2)) }
                    + [.number(rounded(run.ownCPU, 2)), .number(rounded(run.serverCPU, 2))]
                    + [run.peakMiB.map { .number(rounded($0, 0)) } ?? .null]
            )
        }
        report.write(to: invocation.terminal, as: invocation.format)
        return .ok
    }
}

extension Invocation {
    /// The folder that `--directory` names, made anew.
    func workplace() throws -> String {
        let path = value("directory")
        let manager = FileManager.default
        let directory = URL(fileURLWithPath: path ?? ".bench").path
        if manager.fileExists(atPath: directory) {
            // Only what an earlier run left behind is removed; a folder that somebody names may be anything.
            guard path == nil else { throw UsageError("\(directory) exists; name a folder to be made") }
            try manager.removeItem(atPath: directory)
        }
        try manager.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return directory
    }
}
