import Glibc
import Runtime

/// The file lock that says who owns a cluster; the kernel drops it when the owner dies.
final class ClusterLock: Sendable {
    private let descriptor: Locked<Int32>

    init(_ layout: ClusterLayout) throws(EmbeddedPostgresError) {
        let file = open(layout.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Files.failure(layout.lock) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let failure = Files.failure(layout.lock)
            close(file)
            throw isHeld ? .inUse(directory: layout.directory) : failure
        }
        descriptor = Locked(file)
    }

    deinit { release() }

    /// Lets the next owner in.
    func release() {
        descriptor.withLock { file in
            // Not by closing alone: a child that is being started right now may hold a copy until it runs its program.
            if file >= 0 {
                flock(file, LOCK_UN)
                close(file)
            }
            file = -1
        }
    }
}
