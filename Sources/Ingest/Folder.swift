import Glibc

/// What a folder holds, as of one look.
///
/// What is asked of it takes no walk through all of it: a folder of 50,000 files is asked as often.
final class Folder {
    /// With its slash.
    let path: String
    /// When something in it was last made, renamed or removed before this look; nil where the folder could not be looked at.
    let modified: Int64?
    private let entries: [(name: [UInt8], inode: UInt64)]
    private let byInode: [UInt64: [Int]]
    /// Which entries may be generations of a name.
    private lazy var byOriginal: [String: [Int]] = {
        var result: [String: [Int]] = [:]
        for (index, entry) in entries.enumerated() {
            for original in originals(of: SystemPath.text(entry.name)) {
                result[original, default: []].append(index)
            }
        }
        return result
    }()

    /// Nothing where the folder cannot be looked at.
    ///
    /// - Parameters:
    ///   - path: with a slash at its end.
    ///   - onEntry: called for everything that is in it.
    init(_ path: String, onEntry: () -> Void = {}) {
        self.path = path
        modified = Self.modified(path)
        var entries: [(name: [UInt8], inode: UInt64)] = []
        if let stream = SystemPath.with(path, { opendir($0) }) {
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                onEntry()
                let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
                entries.append((name, UInt64(entry.pointee.d_ino)))
            }
        }
        self.entries = entries
        byInode = Dictionary(grouping: entries.indices) { entries[$0].inode }
    }

    /// Whether something was made, renamed or removed in it since.
    var isOutdated: Bool { Self.modified(path) != modified }

    private static func modified(_ path: String) -> Int64? { (try? FileStatus(path: path))?.modified }

    /// The path that leads to a regular file; nil where none does.
    func path(of locator: FileLocator) -> String? {
        for index in byInode[locator.inode] ?? [] {
            let candidate = path + SystemPath.text(entries[index].name)
            if let status = try? FileStatus(path: candidate), status.locator == locator, status.isRegular {
                return candidate
            }
        }
        return nil
    }

    /// A path that leads to an inode of this folder's device, as it seems.
    func path(ofInode inode: UInt64) -> String? {
        (byInode[inode]?.first).map { path + SystemPath.text(entries[$0].name) }
    }

    /// The regular files whose names are those of generations of one of `bases`, by modification and name.
    func generations(of bases: [String]) -> [(path: String, status: FileStatus)] {
        Set(bases.flatMap { byOriginal[$0] ?? [] }).compactMap { index in
            let path = path + SystemPath.text(entries[index].name)
            guard let status = try? FileStatus(path: path), status.isRegular else { return nil }
            return (path, status)
        }
        .sorted { ($0.status.modified, $0.path) < ($1.status.modified, $1.path) }
    }

    /// The inodes of everything in it.
    var inodes: [UInt64] { byInode.keys.sorted() }
}

/// Every name that a name is a generation's of.
func originals(of name: String) -> Set<String> {
    var result: Set<String> = isTAI64N(name) ? ["current"] : []
    var plain = Substring(name)
    if let suffix = compressedSuffixes.first(where: { name.hasSuffix($0) }) {
        plain = plain.dropLast(suffix.count)
        result.insert(String(plain))
    }
    let ending = plain.lastIndex(of: ".") ?? plain.endIndex
    for place in plain.indices where ".-_~".contains(plain[place]) && place != plain.startIndex {
        if isMark(plain[place...]) { result.insert(String(plain[..<place])) }
        if place < ending, isMark(plain[place..<ending]) {
            result.insert(String(plain[..<place] + plain[ending...]))
        }
    }
    return result.filter { isGeneration(name, of: $0) }
}

/// Whether a name is one that tools for rotation give to what they rotate away from `base`.
///
/// They put a number, a date or a word behind the name, or before its extension, and behind that what compressors add:
/// `app.log.1`, `app.log-20261130.gz`, `app-2026-11-30.log`, `app.log.old`. Supervisors' loggers (svlogd, multilog, s6-log) call `current` by its time
/// in TAI64N: `@400000006592bd4e0f2c1d0c.s`.
func isGeneration(_ name: String, of base: String) -> Bool {
    if base == "current", isTAI64N(name) { return true }
    var name = Substring(name)
    if let suffix = compressedSuffixes.first(where: { name.hasSuffix($0) }) {
        name = name.dropLast(suffix.count)
    }
    if name.hasPrefix(base) {
        let rest = name.dropFirst(base.count)
        // The compressed form of the file itself.
        if rest.isEmpty { return name.endIndex != name.base.endIndex }
        return isMark(rest)
    }
    guard let dot = base.lastIndex(of: "."), dot != base.startIndex else { return false }
    let (stem, ending) = (base[..<dot], base[dot...])
    guard name.count > base.count, name.hasPrefix(stem), name.hasSuffix(ending) else { return false }
    return isMark(name.dropFirst(stem.count).dropLast(ending.count))
}

/// What a name is a generation of, where a mark stands behind it: `app.log` of `app.log-2026-11-30`.
func original(of name: String) -> String? {
    name.indices.filter { ".-_~".contains(name[$0]) && $0 != name.startIndex }
        .map { String(name[..<$0]) }
        .first { isGeneration(name, of: $0) }
}

/// Whether a piece of a name is a separator and a number, a date or one of the words for what is old.
private func isMark(_ text: Substring) -> Bool {
    guard let separator = text.first, ".-_~".contains(separator) else { return false }
    let rest = text.dropFirst()
    if rest.isEmpty { return separator == "~" }
    if ["old", "bak", "prev", "previous", "backup"].contains(rest.lowercased()) { return true }
    return rest.contains { $0.isASCII && $0.isNumber }
        && rest.allSatisfy { $0.isASCII && $0.isNumber || ".-_:+@TZs".contains($0) }
}

/// Whether a name is what svlogd, multilog and s6-log make of `current`: its time in TAI64N and one letter.
func isTAI64N(_ name: String) -> Bool {
    let utf8 = Array(name.utf8)
    guard utf8.count >= 25, utf8[0] == UInt8(ascii: "@"),
        utf8[1..<25].allSatisfy({
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
        })
    else { return false }
    let rest = utf8[25...]
    return rest.isEmpty || rest.count == 2 && rest.first == UInt8(ascii: ".")
}
