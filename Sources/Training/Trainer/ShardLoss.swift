/// The loss of one shard, and how its classes were met.
struct ShardLoss {
    /// Each example's loss times its weight, summed.
    var loss = 0.0
    var weight = 0.0
    var tally = Tally()

    /// Adds another shard's.
    mutating func add(_ other: ShardLoss) {
        loss += other.loss
        weight += other.weight
        tally.add(other.tally)
    }
}
