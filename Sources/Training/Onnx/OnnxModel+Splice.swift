extension OnnxModel {
    /// One model that feeds this one's output to another.
    ///
    /// Names of either side get a prefix, except those of the input and of the output.
    ///
    /// - Parameter next: takes what this one gives.
    /// - Returns: the joined model, in the newer of the two operator sets.
    /// - Throws: `wrongModel` when the two do not fit.
    package func followed(by next: OnnxModel) throws(TrainingError) -> OnnxModel {
        let (given, taken) = (output.shape, next.input.shape)
        let fits =
            given.count == taken.count && zip(given, taken).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
        guard fits else {
            throw .wrongModel(reason: "it takes [\(text(taken))], but gets [\(text(given))]")
        }
        guard let version = next.operatorSets[""], version >= Self.operatorSet else {
            let found = next.operatorSets[""].map(String.init) ?? "none"
            throw .wrongModel(reason: "it uses operator set \(found); export it with 13 or newer")
        }
        let joint = "riskd.\(output.name)"
        let first = renamed("riskd.") { $0 == input.name ? $0 : nil }
        let second = next.renamed("served.") { name in
            name == next.input.name ? joint : name == next.output.name ? name : nil
        }
        var result = OnnxModel(
            input: input,
            output: next.output,
            nodes: first.nodes + second.nodes,
            tensors: first.tensors + second.tensors
        )
        // An input and an output of one name would be one tensor.
        if result.input.name == result.output.name {
            throw .wrongModel(reason: "its output has the name of the input, '\(input.name)'")
        }
        result.operatorSets = next.operatorSets
        result.formatVersion = max(formatVersion, next.formatVersion)
        return result
    }

    /// The part of the model from a tensor on.
    ///
    /// - Parameters:
    ///   - tensor: the name of a tensor between input and output.
    ///   - width: numbers of it for each input.
    /// - Returns: a model that takes `tensor`.
    /// - Throws: `wrongModel` when there is no such tensor, or the output needs more than it.
    package func tail(from tensor: String, width: Int) throws(TrainingError) -> OnnxModel {
        guard nodes.contains(where: { $0.outputs.contains(tensor) }) else {
            throw .wrongModel(
                reason: "it has no tensor '\(tensor)'; a viewer such as Netron shows their names"
            )
        }
        let producer = Dictionary(
            nodes.enumerated().flatMap { index, node in node.outputs.map { ($0, index) } },
            uniquingKeysWith: { first, _ in first }
        )
        var needed: Set<Int> = []
        var waiting = [output.name]
        var names: Set<String> = []
        while let name = waiting.popLast() {
            guard name != tensor, !name.isEmpty, names.insert(name).inserted else { continue }
            guard name != input.name else {
                throw .wrongModel(reason: "its output needs more of the input than '\(tensor)' tells")
            }
            guard let index = producer[name], needed.insert(index).inserted else { continue }
            waiting += nodes[index].inputs
        }
        guard !needed.isEmpty else { throw .wrongModel(reason: "'\(tensor)' is its output") }
        var result = self
        result.input = OnnxValue(tensor, batchOf: [width])
        result.nodes = needed.sorted().map { nodes[$0] }
        let used = Set(result.nodes.flatMap(\.inputs))
        result.tensors = tensors.filter { used.contains($0.name) }
        return result
    }

    /// The model with a prefix before every name for which `exception` gives no other.
    private func renamed(_ prefix: String, except exception: (String) -> String?) -> OnnxModel {
        func new(_ name: String) -> String { name.isEmpty ? name : exception(name) ?? prefix + name }
        var result = self
        result.input.name = new(input.name)
        result.output.name = new(output.name)
        result.nodes = nodes.map { node in
            var node = node
            node.name = prefix + node.name
            node.inputs = node.inputs.map(new)
            node.outputs = node.outputs.map(new)
            return node
        }
        result.tensors = tensors.map { OnnxTensor(new($0.name), like: $0) }
        return result
    }
}

private func text(_ shape: [Int?]) -> String {
    shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
}
