import Foundation

/// The files of this repository that people write, by their paths from its root.
struct Repository: Sendable {
    /// A file with its text.
    struct File: Sendable {
        /// From the repository's root, such as `docs/terms.md`.
        let path: String
        let text: String
        /// Its lines, in order.
        let lines: [Substring]

        init(path: String, text: String) {
            self.path = path
            self.text = text
            lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        }

        /// Whether it is a page for people.
        var isPage: Bool { path.hasSuffix(".md") }

        /// The folder that it lies in, with a slash at its end; empty for the root.
        var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }
    }

    /// This checkout.
    static let here = Repository(
        root: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    )

    /// Every path in it, of files and of folders, outside of what was built or fetched.
    let paths: Set<String>
    /// Every file that holds text.
    let files: [File]

    /// What ends the names of files that are text.
    private static let textual: Set<String> = [
        "", "c", "conf", "cpp", "css", "h", "hpp", "html", "js", "md", "py", "service", "sql", "swift",
        "toml",
        "yaml",
    ]

    init(root: URL) {
        var paths: Set<String> = []
        var files: [File] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let place = root.appending(path: folder)
            for name in (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? [] {
                // Of what is hidden only the scripts are written by people.
                if name.hasPrefix("."), folder.isEmpty, name != ".ci" { continue }
                if name == "__pycache__" { continue }
                let path = folder + name
                let url = root.appending(path: path)
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
                    continue
                }
                paths.insert(path)
                if isFolder.boolValue {
                    folders.append(path + "/")
                } else if Self.textual.contains(url.pathExtension),
                    !path.hasPrefix("Tests/Fixtures/fuzz/"),
                    let data = try? Data(contentsOf: url),
                    let text = String(bytes: data, encoding: .utf8)
                {
                    files.append(File(path: path, text: text))
                }
            }
        }
        self.init(paths: paths, files: files.sorted { $0.path < $1.path })
    }

    init(paths: Set<String>, files: [File]) {
        self.paths = paths
        self.files = files
    }

    /// The page at a path.
    subscript(path: String) -> File? { files.first { $0.path == path } }

    /// A path without `.` and `..`; nil when it leaves the repository.
    static func normal(_ path: String) -> String? {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": if parts.popLast() == nil { return nil }
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
