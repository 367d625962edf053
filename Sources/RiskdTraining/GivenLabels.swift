/// Labels of clean records from files, in place of the logged classes.
struct GivenLabels {
    /// The place of the class, by record id.
    private(set) var places: [String: Int] = [:]

    /// Reads files with the columns `id` and `label` or, as truth files have it, `true_label`.
    init(_ paths: [String], _ names: ClassNames) throws {
        for path in paths {
            let table = DelimitedText(try RecordedLog.text(of: path))
            guard let ids = table.column("id") else {
                throw InputError(path, line: 1, field: "id", "there is no such column")
            }
            let field = table.header.contains("label") ? "label" : "true_label"
            guard let labels = table.column(field) else {
                throw InputError(path, line: 1, field: "label", "there is no such column, nor true_label")
            }
            for (row, id) in ids.enumerated() {
                guard let place = names.index(of: labels[row]) else {
                    let reason =
                        "'\(labels[row])' is none of the classes \(names.names.joined(separator: ", "))"
                    throw InputError(path, line: table.lines[row], field: field, reason)
                }
                places[id] = place
            }
        }
    }
}
