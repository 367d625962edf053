/// How much of a model's past is remembered.
package struct HistoryUse: Hashable, Sendable {
    /// Inputs that a next one may be compared with.
    package let entries: Int
    /// Bytes of what is compared of them.
    package let bytes: Int
    /// Bytes of memory for all that is kept of them: contents, columns, signatures and the chains of campaigns.
    package let memory: Int
}
