/// A value that tasks and threads share, one at a time: a ``Locked`` that closures can hold.
package final class Shared<Value: Sendable>: Sendable {
    private let value: Locked<Value>

    /// A value that nobody holds yet.
    package init(_ value: Value) { self.value = Locked(value) }

    /// Lends the value to `body`, which must not wait for anything.
    ///
    /// - Parameter body: sees and changes it.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` threw.
    package func withLock<Success: Sendable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        try value.withLock { value throws(Failure) in try body(&value) }
    }
}
