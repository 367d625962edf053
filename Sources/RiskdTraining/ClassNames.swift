internal import Domain

/// The classes of a served model in the order of its probabilities.
package struct ClassNames: Hashable, Sendable {
    package let names: [String]

    /// Classes as somebody named them.
    package init(_ names: [String]) { self.names = names }

    /// Finds the classes of records: by the largest of the probabilities where they are logged, else by name.
    ///
    /// - Parameter entries: records of one model.
    /// - Throws: `InputError` when a class cannot be named, or has two names.
    package init(of entries: [RecordedLog.Entry]) throws(InputError) {
        var byPlace: [Int: String] = [:]
        var met: Set<String> = []
        var count = 0
        for entry in entries {
            let prediction = entry.record.prediction
            met.insert(prediction.label)
            guard let place = prediction.labelIndex else { continue }
            count = max(count, prediction.probabilities?.count ?? 0)
            if let known = byPlace[place], known != prediction.label {
                let reason =
                    "'\(prediction.label)', but the same place of the probabilities was '\(known)' before"
                throw InputError(entry.path, line: entry.line, field: "prediction.class", reason)
            }
            byPlace[place] = prediction.label
        }
        guard count > 0 else {
            names = met.sorted()
            return
        }
        var names: [String] = []
        for place in 0..<count {
            guard let name = byPlace[place] else {
                let path = entries.first?.path ?? ""
                throw InputError(
                    path,
                    field: "prediction.class",
                    "no record has class \(place + 1) of \(count), so its name is not known: name all with --classes"
                )
            }
            names.append(name)
        }
        self.names = names
    }

    /// The place of a class.
    package func index(of name: String) -> Int? { names.firstIndex { $0.utf8.elementsEqual(name.utf8) } }
}
