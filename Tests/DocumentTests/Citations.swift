import Foundation

/// A place where a file names another one.
struct Citation: Hashable, CustomStringConvertible {
    /// What is wrong with it.
    let fault: String
    /// In which file.
    let file: String
    /// On which line, from 1 on.
    let line: Int

    var description: String { "\(file):\(line): \(fault)" }
}

extension Repository {
    /// What files cite that is not there: pages, their headings, links, and in pages the sources that they name.
    var danglingCitations: [Citation] {
        let headings = Dictionary(
            uniqueKeysWithValues: files.filter(\.isPage).map { ($0.path, Headings($0.text)) }
        )
        let names = Set(paths.compactMap { $0.split(separator: "/").last.map(String.init) })
        return files.flatMap { file in
            var faults: [(line: Int, fault: String)] = []
            var isCode = false
            for (index, line) in file.lines.enumerated() {
                var found = pageFaults(line, next: file.lines.dropFirst(index + 1).first, in: file, headings)
                if file.isPage {
                    if line.hasPrefix("```") { isCode.toggle() }
                    if !isCode { found += linkFaults(line, in: file, headings) }
                    found += sourceFaults(line, names)
                }
                faults += found.map { (index + 1, $0) }
            }
            return faults.map { Citation(fault: $0.fault, file: file.path, line: $0.line) }
        }
    }

    /// Pages are cited by their paths, with `#heading` or `, "Heading"` behind them, which a comment may wrap; in pages,
    /// which also link to each other, the folder may be left out.
    private func pageFaults(
        _ line: Substring,
        next: Substring?,
        in file: File,
        _ headings: [String: Headings]
    ) -> [String] {
        guard line.contains(".md") else { return [] }
        let whole = line + " " + (next ?? "").trimmingPrefix(#/\s*(?:\/\/+|#|\*)?\s*/#)
        return whole.matches(of: Pattern.page).compactMap { match in
            let cited = String(match.output.page.trimmingPrefix("file:"))
            // What begins on the next line is found there. Cards are written beside the models that riskd trains.
            if whole.distance(from: whole.startIndex, to: match.range.lowerBound) >= line.count { return nil }
            if cited.contains("://") || cited.contains("*") || cited.hasSuffix(".onnx.md") { return nil }
            guard let page = page(cited, from: file) else { return "there is no page \(cited)" }
            if let anchor = match.output.anchor, headings[page]?.anchors.contains(String(anchor)) != true {
                return "\(page) has no heading #\(anchor)"
            }
            if let heading = match.output.heading, headings[page]?.texts.contains(String(heading)) != true {
                return "\(page) has no heading “\(heading)”"
            }
            return nil
        }
    }

    private func page(_ cited: String, from file: File) -> String? {
        let installed = "/usr/share/doc/riskd/"
        var candidates = [cited, file.folder + cited]
        if file.isPage { candidates.append("docs/" + cited) }
        if cited.hasPrefix(installed) { candidates = ["docs/" + cited.dropFirst(installed.count)] }
        return candidates.lazy.compactMap { Self.normal($0) }.first { self[$0]?.isPage == true }
    }

    private func linkFaults(_ line: Substring, in file: File, _ headings: [String: Headings]) -> [String] {
        guard line.contains("](") else { return [] }
        return line.replacing(#/`[^`]*`/#, with: "").matches(of: Pattern.link).compactMap { match in
            let target = String(match.output.target)
            if target.contains("://") || target.hasPrefix("mailto:") { return nil }
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let path = parts[0].isEmpty ? file.path : Self.normal(file.folder + parts[0])
            guard let path, paths.contains(path) else { return "the link \(target) leads nowhere" }
            if parts.count == 2, headings[path]?.anchors.contains(String(parts[1])) != true {
                return "\(path) has no heading #\(parts[1])"
            }
            return nil
        }
    }

    /// `Sources/Room/File.swift` from the root, and names of sources by themselves.
    private func sourceFaults(_ line: Substring, _ names: Set<String>) -> [String] {
        let wholes = line.matches(of: Pattern.path).compactMap { match -> String? in
            var path = String(match.output.path)
            while let last = path.last, last == "." || last == "/" { path.removeLast() }
            if paths.contains(path) { return nil }
            // A family of files is named by what they have in common, such as Store+*.swift.
            let next = line[match.range.upperBound...].first
            return next == "*" || next == "{" || next == "<" ? nil : "there is no \(path)"
        }
        let singles = line.matches(of: Pattern.source).compactMap { match -> String? in
            let name = String(match.output.name)
            return names.contains(name) ? nil : "there is no file \(name)"
        }
        return wholes + singles
    }
}

/// The headings of a page.
struct Headings {
    /// As they are written, without marks.
    private(set) var texts: Set<String> = []
    /// As links name them: lower case, hyphens for blanks, nothing but letters, digits, hyphens and underscores.
    private(set) var anchors: Set<String> = []

    init(_ page: String) {
        var isCode = false
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isCode.toggle() }
            guard !isCode, line.hasPrefix("#") else { continue }
            let text = line.drop { $0 == "#" }.filter { $0 != "`" && $0 != "*" }.dropFirst()
            texts.insert(String(text))
            var anchor = ""
            for character in text.lowercased() {
                if character == " " { anchor += "-" }
                if character.isLetter || character.isNumber || "-_".contains(character) {
                    anchor.append(character)
                }
            }
            // A second heading of the same words is numbered.
            var unique = anchor
            var number = 0
            while anchors.contains(unique) {
                number += 1
                unique = "\(anchor)-\(number)"
            }
            anchors.insert(unique)
        }
    }
}

/// How citations are written.
enum Pattern {
    nonisolated(unsafe) static let page =
        #/(?<page>[\w.\-:*\/]*[\w\-*]\.md)\b(?:#(?<anchor>[\w\-]+))?(?:`?,\s+"(?<heading>[^"]{1,100})")?/#
    nonisolated(unsafe) static let link = #/\]\((?<target>[^)\s]+)\)/#
    nonisolated(unsafe) static let path =
        #/(?:^|[^\w\/.])(?<path>(?:Sources|Tests|docs|config|systemd|\.ci)\/[\w.+\-\/]*)/#
    nonisolated(unsafe) static let source =
        #/`(?<name>[A-Za-z][\w+\-]*\.(?:swift|cpp|hpp|c|h|sql|js|py|css))`/#
}
