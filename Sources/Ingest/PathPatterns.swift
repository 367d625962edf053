import Glibc

/// The configured paths and globs.
struct PathPatterns {
    let patterns: [String]

    /// The paths that exist, in configured and then alphabetical order; one that several patterns lead to comes more than once.
    func matches() -> [String] { patterns.flatMap(matches(of:)) }

    /// What one pattern leads to; a path that exists is not taken for a glob.
    func matches(of pattern: String) -> [String] {
        var raw = stat()
        if lstat(pattern, &raw) == 0 { return [SystemPath.text(pattern.utf8)] }
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { index in
            result.gl_pathv[index].map { name in
                SystemPath.text(UnsafeRawBufferPointer(start: name, count: strlen(name)))
            }
        }
    }

    /// Whether a path would be matched if it existed.
    func covers(_ path: String) -> Bool {
        SystemPath.with(path) { name in
            patterns.contains {
                strcmp($0, name) == 0 || fnmatch($0, name, FNM_PATHNAME | FNM_PERIOD) == 0
            }
        }
    }
}

/// Whether a followed path is a compressed file, which a follower reads only where it is what a followed file has become.
func isArchive(path: String) -> Bool { compressedSuffixes.contains { path.hasSuffix($0) } }

/// What the names of compressed files end in.
let compressedSuffixes = [".gz", ".xz", ".bz2", ".zst", ".lz4", ".Z"]
