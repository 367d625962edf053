import Glibc

/// The configured paths and globs.
struct PathPatterns {
    let patterns: [String]

    /// The paths that exist, each once, in configured and then alphabetical order.
    func matches() -> [String] {
        var seen: Set<String> = []
        return patterns.flatMap(matches(of:)).filter { seen.insert($0).inserted }
    }

    /// What one pattern leads to; a path that exists is not taken for a glob.
    func matches(of pattern: String) -> [String] {
        var raw = stat()
        if lstat(pattern, &raw) == 0 { return [pattern] }
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { index in
            result.gl_pathv[index].map { String(cString: $0) }
        }
    }

    /// Whether a path would be matched if it existed.
    func covers(_ path: String) -> Bool {
        patterns.contains { $0 == path || fnmatch($0, path, FNM_PATHNAME | FNM_PERIOD) == 0 }
    }
}

/// The path in `directory` that leads to `locator`.
func path(of locator: FileLocator, inDirectoryOf path: String) -> String? {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
        guard UInt64(entry.pointee.d_ino) == locator.inode else { continue }
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let candidate = directory + name
        if let status = try? FileStatus(path: candidate), status.locator == locator, status.isRegular {
            return candidate
        }
    }
    return nil
}

/// Whether a followed path is a compressed file, which a follower leaves alone.
func isArchive(path: String) -> Bool {
    [".gz", ".xz", ".bz2", ".zst"].contains { path.hasSuffix($0) }
}
