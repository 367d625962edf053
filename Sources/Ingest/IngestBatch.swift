/// What one poll found.
package struct IngestBatch: Sendable {
    /// Lines and unusable lines; those of one source in their order.
    package var items: [IngestItem] = []
    /// The sources that moved, to be stored in the transaction that stores what became of the items.
    package var sources: [SourceChange] = []
    /// What the operator should hear of, or what counters count.
    package var notices: [FollowerNotice] = []
    /// What was lost: that which is known to have been there.
    package var losses: [SourceLoss] = []
    /// Whether every source has been read to its end.
    package var isCaughtUp = false
    /// Files that are there and cannot be opened or read, as of this poll.
    package var unreadableFiles = 0
    /// Configured paths at which there is no file but something else: a folder, a pipe, a device, an archive.
    package var unfitPaths = 0
    /// Bytes read from files (decompressed, for archives), without those re-read to prove a position.
    package var bytesRead: Int64 = 0
    /// Lines that were passed over because they hold nothing but white space.
    package var blankLines: Int64 = 0
    /// NUL bytes that were passed over: the holes that a truncated file has when its writer goes on.
    package var nulBytes: Int64 = 0

    /// Nothing.
    package init() {}

    /// Whether there is nothing to store.
    package var isEmpty: Bool { items.isEmpty && sources.isEmpty }
}
