import Crypto
@preconcurrency import Dispatch
import Domain
import Foundation
import Glibc
package import Runtime
import Similarity

/// Keeps signatures of the similarity history in files, so that a start need not make them again.
///
/// It is a cache: files are written when they are whole, in the background, so that a crash costs no more than a stop. Each ends
/// in a digest of all before it, and an image takes a signature over only if its own digest is noted beside it. What is
/// missing, damaged, of another version, or of another database's images is made anew.
package final class SignatureCache: Sendable {
    private let directory: String
    private let log: Log
    private let queue = DispatchQueue(label: "riskd.signature-files", qos: .background)
    private let hasFailed = Locked(false)

    /// A cache.
    ///
    /// - Parameters:
    ///   - stateDirectory: files go into its folder `signatures`, which is made when there is something to keep.
    ///   - log: told of files that are not used, and of the first that cannot be written.
    package init(stateDirectory: String, log: Log) {
        directory = stateDirectory + "/signatures"
        self.log = log
    }

    /// What was kept of a model's history.
    ///
    /// - Parameters:
    ///   - model: whose.
    ///   - configuration: how it is compared.
    ///   - first: the oldest image that is still of interest.
    /// - Returns: for each shape what is known of the most images.
    func kept(
        of model: ModelID,
        _ configuration: SimilarityConfiguration,
        from first: Int64
    ) -> [KeptSignatures] {
        let folder = SignatureFolder(directory, model, configuration)
        var best: [ImageShape: KeptSignatures] = [:]
        for (basis, pages) in folder.contents {
            guard let origin = read(folder.path(basis), .basis) else { continue }
            let id = sha256(origin)
            let entries = pages.filter { $0.last >= first }.compactMap { page -> [UInt8]? in
                guard let bytes = read(folder.path(page.name), .page), bytes.starts(with: id) else {
                    return nil
                }
                return Array(bytes.dropFirst(id.count))
            }
            guard let kept = KeptSignatures(origin: origin, pages: entries, digest: Self.digest) else {
                complain(folder.path(basis), "it is not of this version")
                continue
            }
            if kept.count > best[kept.shape]?.count ?? 0 { best[kept.shape] = kept }
        }
        return best.values.sorted { $0.count > $1.count }
    }

    /// Writes pages in the background, and removes those that are of no use any more.
    ///
    /// - Parameters:
    ///   - pages: of one model, in order.
    ///   - model: whose.
    ///   - configuration: how it is compared.
    ///   - first: the oldest image that is still of interest.
    func keep(
        _ pages: [SignaturePage],
        of model: ModelID,
        _ configuration: SimilarityConfiguration,
        from first: Int64
    ) {
        guard !pages.isEmpty else { return }
        queue.async { [self] in
            let folder = SignatureFolder(directory, model, configuration)
            do throws(KeptFile.Failure) {
                for page in pages { try write(page, to: folder, from: first) }
            } catch {
                let isFirst = hasFailed.withLock { failed in
                    defer { failed = true }
                    return !failed
                }
                guard isFirst else { return }
                log.write(
                    .warning,
                    "signatures cannot be kept: the next start will make them again, which takes longer",
                    ["reason": "\(error)"]
                )
            }
        }
    }

    /// Removes everything that is kept.
    ///
    /// - Throws: what kept a file from being removed.
    package func clear() throws {
        try queue.sync {
            guard FileManager.default.fileExists(atPath: directory) else { return }
            try FileManager.default.removeItem(atPath: directory)
        }
    }

    /// Waits until everything is written.
    package func finish() async {
        await withCheckedContinuation { done in queue.async { done.resume() } }
    }

    private func write(
        _ page: SignaturePage,
        to folder: SignatureFolder,
        from first: Int64
    ) throws(KeptFile.Failure) {
        let origin = page.origin.packed()
        let id = sha256(origin)
        let basis = SignatureFolder.basisName(id)
        try folder.make()
        if !folder.contents.keys.contains(basis) {
            try KeptFile.write(origin, .basis, to: folder.path(basis))
        }
        let sequences = page.sequences[0]...page.sequences[page.sequences.count - 1]
        let name = SignatureFolder.pageName(id, sequences)
        try KeptFile.write(id + page.packed(digest: Self.digest), .page, to: folder.path(name))
        for (other, pages) in folder.contents {
            let isReplaced = page.isLast && other != basis && hasShape(folder.path(other), page.origin.shape)
            for old in pages where isReplaced || old.last < first { unlink(folder.path(old.name)) }
            if isReplaced { unlink(folder.path(other)) }
        }
    }

    /// Whether a basis is of a shape, or of no use at all.
    private func hasShape(_ path: String, _ shape: ImageShape) -> Bool {
        guard let origin = try? KeptFile.read(path, .basis) else { return true }
        let kept = KeptSignatures(origin: origin, pages: [], digest: Self.digest)
        return kept == nil || kept?.shape == shape
    }

    private func read(_ path: String, _ kind: KeptFile.Kind) -> [UInt8]? {
        do throws(KeptFile.Failure) {
            return try KeptFile.read(path, kind)
        } catch {
            complain(path, "\(error)")
            return nil
        }
    }

    private func complain(_ path: String, _ reason: String) {
        log.write(
            .warning,
            "kept signatures are not used, and will be made again",
            ["file": path, "reason": reason]
        )
        unlink(path)
    }

    private static let digest: ContentDigest = { sha256($0) }
}

/// The files of one model's signatures, by one way to compare.
private struct SignatureFolder {
    /// The images of a page.
    struct Page {
        let name: String
        let last: Int64
    }

    private let root: String
    private let folder: String

    init(_ root: String, _ model: ModelID, _ configuration: SimilarityConfiguration) {
        self.root = root
        let words = [configuration.metric.rawValue, configuration.window.rawValue, model.name]
        folder = root + "/" + String(sha256Hex(Array(words.joined(separator: "\n").utf8)).prefix(16))
    }

    static func basisName(_ id: [UInt8]) -> String { digits(id) + ".basis" }

    static func pageName(_ id: [UInt8], _ sequences: ClosedRange<Int64>) -> String {
        "\(digits(id))-\(sequences.lowerBound)-\(sequences.upperBound).page"
    }

    private static func digits(_ id: [UInt8]) -> String {
        id.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    func path(_ name: String) -> String { folder + "/" + name }

    func make() throws(KeptFile.Failure) {
        for path in [root, folder] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw KeptFile.Failure(path)
        }
    }

    /// The pages of each basis, by the name of its file; what was left half written is removed.
    var contents: [String: [Page]] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var contents: [String: [Page]] = [:]
        for name in names where name.hasSuffix(".basis") { contents[name] = [] }
        for name in names.sorted() where !name.hasSuffix(".basis") {
            let words = (name.split(separator: ".").first ?? "").split(separator: "-")
            let basis = (words.first ?? "") + ".basis"
            guard name.hasSuffix(".page"), words.count == 3, let last = Int64(words[2]),
                contents[String(basis)] != nil
            else {
                unlink(path(name))
                continue
            }
            contents[String(basis)]?.append(Page(name: name, last: last))
        }
        return contents
    }
}
