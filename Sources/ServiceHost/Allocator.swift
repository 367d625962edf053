internal import CSystemd
import Runtime

/// Sees to it that memory of long lines goes back to the system.
///
/// The C library's allocator takes what was freed once from its heaps the next time, however large, and heaps shrink only from
/// their ends: a few lines of 63 MiB would be held for good.
package final class Allocator: Sendable {
    /// Blocks from this size on are mapped by themselves, and unmapped when they are freed.
    private static let mapped = 1 << 20
    /// After so many bytes of a batch the heaps are looked at, once nothing more comes.
    private static let large = 4 << 20

    private let isDue = Locked(false)

    /// Sets the allocator up for this process.
    package init() {
        // A fixed threshold: the allocator raises its own one with every large block that is freed.
        _ = mallopt(M_MMAP_THRESHOLD, Int32(Self.mapped))
    }

    /// Notes how much was read; gives back what is free once nothing was.
    ///
    /// - Parameter bytes: of a batch.
    package func note(read bytes: Int64) {
        let isQuiet = isDue.withLock { isDue in
            if bytes >= Self.large { isDue = true }
            guard isDue, bytes == 0 else { return false }
            isDue = false
            return true
        }
        if isQuiet { _ = malloc_trim(0) }
    }
}
