import Console
import Domain
import Foundation
import RiskdCLI
import Runtime
import Similarity

extension Command {
    /// `riskd-bench similarity`: the search alone.
    static let similarity = Command(
        "similarity",
        "Time searching and adding to a history that grows, or compare every finding with brute force",
        discussion: """
            Images come from a file that docs/benchmarks/images.py writes. One thread searches, by the index and by brute \
            force that gives a pair up as soon as it can. With --verify nothing is timed: random and adversarial queries \
            go through both searches, and any difference, to the last bit, makes the command fail.
            """,
        flags: [
            Flag("images", value: "FILE", "The images; required"),
            Flag("count", value: "COUNT", "The most images of history; as many as there are unless given"),
            Flag("queries", value: "COUNT", "Queries of each measurement (40), or to verify (10,000)"),
            Flag("metric", value: "METRIC", "ssim (the default), mse, psnr, fsim or features"),
            Flag("window", value: "WINDOW", "uniform (the default) or gaussian"),
            Flag("verify", "Compare with brute force instead"),
            OutputFormat.flag,
        ]
    ) { invocation in
        guard let path = invocation.value("images") else { throw UsageError("--images is required") }
        guard let metric = SimilarityMetric(rawValue: invocation.value("metric") ?? "ssim") else {
            throw UsageError(
                "--metric must be one of \(SimilarityMetric.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard let window = SimilarityWindow(rawValue: invocation.value("window") ?? "uniform") else {
            throw UsageError("--window must be uniform or gaussian")
        }
        let file = try ImageFile(path: path)
        let isVerifying = invocation.has("verify")
        let count = try invocation.count("count", isVerifying ? 2000 : file.count, in: 10...10_000_000)
        let queries = try invocation.count("queries", isVerifying ? 10_000 : 40, in: 1...10_000_000)
        let limits = SimilarityLimits(metric: metric)
        let configuration = SimilarityConfiguration(
            metric: metric,
            window: window,
            threshold: limits.threshold,
            cap: limits.cap,
            history: HistoryLimits(
                entries: isVerifying ? count : 20_000_000,
                bytes: 1 << 40,
                age: .seconds(100_000_000)
            )
        )
        return isVerifying
            ? await verify(invocation, file, configuration, queries)
            : await measure(invocation, file, configuration, min(count, file.count - queries), queries)
    }

    private static func verify(
        _ invocation: Invocation,
        _ file: ImageFile,
        _ configuration: SimilarityConfiguration,
        _ queries: Int
    ) async -> ExitCode {
        let pool = WorkerPool(width: ProcessInfo.processInfo.activeProcessorCount)
        let verification = SimilarityVerification(file: file, configuration: configuration, queries: queries)
        let result = await verification.run(pool: pool)
        var report = Report([
            .init("shape"), .init("metric"), .init("window"), .init("history", isNumeric: true),
            .init("searches", isNumeric: true), .init("differences", isNumeric: true),
            .init("with_neighbour", isNumeric: true), .init("within_threshold", isNumeric: true),
            .init("repeats", isNumeric: true),
        ])
        let shape = "\(file.shape.height)x\(file.shape.width)x\(file.shape.channels)"
        let counts = [
            configuration.history.entries, result.searches, result.differences, result.withNeighbour,
            result.counted,
            result.repeats,
        ]
        let names = [shape, configuration.metric.rawValue, configuration.window.rawValue]
        report.append(names.map { .string($0) } + counts.map { .integer(Int64($0)) })
        report.write(to: invocation.terminal, as: invocation.format)
        return result.differences == 0 ? .ok : .error
    }

    private static func measure(
        _ invocation: Invocation,
        _ file: ImageFile,
        _ configuration: SimilarityConfiguration,
        _ count: Int,
        _ queries: Int
    ) async -> ExitCode {
        let bench = SimilarityBench(file: file, configuration: configuration, queries: queries)
        var report = SimilarityReport()
        let pool = WorkerPool(width: ProcessInfo.processInfo.activeProcessorCount)
        var size = 1000
        while true {
            let now = min(size, count)
            var bar = Console.Progress("\(now) images", total: now, on: invocation.terminal)
            let taken = await bench.grow(to: now, pool: pool) { bar.update($0) }
            bar.finish(now)
            invocation.terminal.note("\(now) images: added, learnt and signed in \(rounded(taken)) s")
            // Smaller histories are not signed, or learn again while images are added.
            if now >= 10_000 {
                let (single, batched) = await bench.insertion()
                let times = "\(rounded(single, 3)) ms alone, \(rounded(batched, 3)) ms in a batch of 64"
                invocation.terminal.note(
                    "adding an image: \(times); \(rounded(bench.bytesPerImage, 0)) bytes each"
                )
            }
            for kind in SimilarityBench.Kind.allCases {
                guard let probe = await bench.probe(kind) else { continue }
                report.append(
                    kind,
                    of: probe,
                    in: bench,
                    limits: SimilarityLimits(metric: configuration.metric)
                )
            }
            guard now < count else { break }
            size *= 10
        }
        report.write(to: invocation)
        return .ok
    }
}

/// Distances that are worth measuring at.
struct SimilarityLimits {
    let thresholds: [Double]
    let threshold: Double
    let cap: Double

    init(metric: SimilarityMetric) {
        thresholds =
            switch metric {
            case .ssim, .features: [0.05, 0.1, 0.2, 0.3]
            case .fsim: [0.025, 0.05, 0.1, 0.15]
            // 34, 30, 25 and 20 dB.
            case .mse, .psnr: [0.0004, 0.001, 0.0032, 0.01]
            }
        threshold = thresholds[1]
        cap = thresholds[3]
    }
}

/// The rows of a measurement.
struct SimilarityReport {
    private var report = Report([
        .init("images", isNumeric: true), .init("queries"), .init("search"),
        .init("threshold", isNumeric: true),
        .init("median_ms", isNumeric: true), .init("mean_ms", isNumeric: true),
        .init("p95_ms", isNumeric: true),
        .init("of_8_ms", isNumeric: true), .init("candidates", isNumeric: true),
        .init("brute_ms", isNumeric: true),
        .init("ratio", isNumeric: true),
    ])

    /// Measures range searches at each threshold, and the nearest neighbour up to the cap.
    mutating func append(
        _ kind: SimilarityBench.Kind,
        of probe: SimilarityProbe,
        in bench: SimilarityBench,
        limits: SimilarityLimits
    ) {
        for threshold in limits.thresholds {
            append(kind, "range", probe, bench, threshold: threshold, cap: threshold)
        }
        append(kind, "nearest", probe, bench, threshold: limits.threshold, cap: limits.cap)
    }

    private mutating func append(
        _ kind: SimilarityBench.Kind,
        _ search: String,
        _ probe: SimilarityProbe,
        _ bench: SimilarityBench,
        threshold: Double,
        cap: Double
    ) {
        func time(_ count: Int, _ group: Int, _ method: SearchMethod) -> SimilarityBench.Times {
            bench.time(probe, count, group: group, threshold: threshold, cap: cap, method: method)
        }
        let fast = time(bench.queries, 1, .fast)
        let grouped = time(bench.queries, 8, .fast)
        // Brute force takes seconds at a million images.
        let slow = time(bench.count > 300_000 ? 3 : 8, 1, .signed(images: .max))
        let candidates = (0..<min(bench.queries, 20)).map { probe.candidates($0, cap: cap) }
        report.append([
            .integer(Int64(bench.count)), .string(kind.rawValue), .string(search), .number(threshold),
            .number(rounded(fast.median, 3)), .number(rounded(fast.mean, 3)), .number(rounded(fast.slow, 3)),
            .number(rounded(grouped.mean, 3)),
            .integer(Int64(candidates.reduce(0, +) / candidates.count)),
            .number(rounded(slow.median, 2)), .number(rounded(slow.median / fast.median, 1)),
        ])
    }

    func write(to invocation: Invocation) { report.write(to: invocation.terminal, as: invocation.format) }
}
