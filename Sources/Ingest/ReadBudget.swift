/// How much one poll, or one file's share of it, may still do.
struct ReadBudget {
    /// Items to deliver.
    var items: Int
    /// Bytes to deliver in items.
    var delivered: Int
    /// Bytes to read.
    var read: Int

    var isSpent: Bool { items <= 0 || delivered <= 0 || read <= 0 }

    /// An equal share for each of `count` files, of at least one item and byte.
    func share(of count: Int) -> ReadBudget {
        ReadBudget(
            items: max(1, items / count),
            delivered: max(1, delivered / count),
            read: max(1, read / count)
        )
    }
}
