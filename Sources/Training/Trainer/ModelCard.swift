/// What must be known about a trained model, as a Markdown page beside it.
package struct ModelCard: Hashable, Sendable {
    /// One line of the card.
    package struct Entry: Hashable, Sendable {
        /// What the line is about.
        package let name: String
        /// What there is to say.
        package let value: String
    }

    /// The file's name.
    package let title: String
    /// What kind of model it is, in a sentence.
    package let summary: String
    private var sections: [Section] = []

    private struct Section: Hashable, Sendable {
        let name: String
        let entries: [Entry]
    }

    /// A card without sections.
    package init(title: String, summary: String) {
        self.title = title
        self.summary = summary
    }

    /// Appends a section.
    ///
    /// - Parameters:
    ///   - name: its heading.
    ///   - entries: names and values, in order.
    package mutating func append(_ name: String, _ entries: KeyValuePairs<String, String>) {
        sections.append(Section(name: name, entries: entries.map { Entry(name: $0.key, value: $0.value) }))
    }

    /// The page.
    package var markdown: String {
        var text = "# \(title)\n\n\(summary)\n"
        for section in sections {
            text += "\n## \(section.name)\n\n| | |\n|---|---|\n"
            for entry in section.entries {
                text += "| \(entry.name) | \(entry.value.replacing("|", with: "\\|")) |\n"
            }
        }
        return text
    }
}
