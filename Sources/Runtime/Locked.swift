import Glibc

/// A value that one thread at a time can see.
///
/// The same interface as `Synchronization.Mutex`, over `pthread_mutex_t`: ThreadSanitizer does not see the
/// futex of the standard library's mutex on Linux and reports correct uses of it as races.
package struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let storage: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    package init(_ value: consuming sending Value) {
        storage = .allocate(capacity: 1)
        storage.initialize(to: pthread_mutex_t())
        let code = pthread_mutex_init(storage, nil)
        precondition(code == 0, "pthread_mutex_init: \(code)")
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(storage)
        storage.deallocate()
    }

    /// Lends the value to `body`, which must not wait for anything.
    package borrowing func withLock<Success: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Success
    ) throws(Failure) -> sending Success {
        pthread_mutex_lock(storage)
        defer { pthread_mutex_unlock(storage) }
        return try body(&value.pointee)
    }

    /// Lends the value to `body`, which must not wait for anything, unless somebody has it.
    ///
    /// - Returns: what `body` returned; nil where it was not called.
    package borrowing func withLockIfAvailable<Success: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Success
    ) throws(Failure) -> sending Success? {
        guard pthread_mutex_trylock(storage) == 0 else { return nil }
        defer { pthread_mutex_unlock(storage) }
        return try body(&value.pointee)
    }
}
