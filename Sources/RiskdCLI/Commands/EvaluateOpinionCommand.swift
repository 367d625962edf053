import Configuration
import Console
import Domain
import RiskdTraining
import Runtime

extension Command {
    /// `riskd evaluate opinion`: second opinions side by side.
    static let evaluateOpinion = Command(
        "opinion",
        "Measure second opinions on a log against its truth, side by side",
        discussion: """
            Asks every --opinion about every record of the logs that the truth knows: ordinary users' records, and \
            successful adversarial ones (whose served class is not the true one) within --reach of the image that they came \
            from. Prints how often each opinion disagrees with the served model on either, and how often it recovers the \
            class of that image (the paper's Table 1). A model that takes an image gets the image, any other the features.
            """,
        arguments: [Argument("LOG", "A recorded log of the model", count: 1...1000)],
        flags: [
            Flag(
                "opinion",
                value: "NAME=FILE",
                "An ONNX model to ask, and how to call it",
                isRepeatable: true
            ),
            Flag("truth", value: "FILE", "Who was really what: CSV, also .gz or .xz", isRepeatable: true),
            Flag(
                "backbone",
                value: "FILE",
                "ONNX model that computes features from images; not needed if logged"
            ),
            Flag("model", value: "NAME", "Use this model's records only"),
            Flag(
                "classes",
                value: "NAMES",
                "The classes in the model's order, separated by commas; found in the logs unless given"
            ),
            Flag(
                "reach",
                value: "LEVELS",
                "Farthest from its image (root mean square) that a record counts; 25.5 unless given"
            ),
        ] + splitFlags + [.config, .set, OutputFormat.flag]
    ) { invocation in
        let truth = invocation.values("truth")
        guard !truth.isEmpty else { throw UsageError("expected --truth FILE") }
        let variants = try invocation.variants()
        let configuration = try invocation.configuration()
        guard let runtime = configuration.opinions.installedRuntime() else {
            throw CommandFailure(
                "ONNX Runtime is not there: install it and name its file as opinions.runtime"
            )
        }
        var comparison = OpinionComparison(truth: try KnownTruth(truth))
        comparison.split = try invocation.split()
        comparison.reach = try invocation.number("reach", 25.5, in: 0...255)
        comparison.model = invocation.value("model").map { ModelID($0) }
        comparison.classes = invocation.classes
        let verdicts = try await comparison.verdicts(
            on: variants,
            logs: invocation.arguments,
            backbone: invocation.value("backbone"),
            runtime: runtime,
            workers: configuration.workers
        ) { invocation.terminal.note("asking \($0.name)") }
        OpinionReport(verdicts: verdicts).write(to: invocation.terminal, as: invocation.format)
        return .ok
    }
}

extension Invocation {
    fileprivate func variants() throws(UsageError) -> [OpinionComparison.Variant] {
        var variants: [OpinionComparison.Variant] = []
        for text in values("opinion") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw UsageError("expected --opinion NAME=FILE, got '\(text)'") }
            guard !variants.contains(where: { $0.name == parts[0] }) else {
                throw UsageError("--opinion \(parts[0]) is given twice")
            }
            variants.append(.init(name: parts[0], path: parts[1]))
        }
        guard !variants.isEmpty else { throw UsageError("expected --opinion NAME=FILE") }
        return variants
    }
}
