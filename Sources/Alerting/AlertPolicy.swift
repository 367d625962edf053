package import Domain

/// When a level becomes an alert.
package struct AlertPolicy: Hashable, Sendable {
    /// The least level that alerts.
    package var minimumLevel: Level
    /// For how long after an alert resolved by itself the same alert is opened again instead of a new one; and how long
    /// after a person closed one its evidence is watched before it may alert again.
    package var reopenWithin: Duration
    /// Whether every level change is told of, whether or not it alerts: some endpoint wants it.
    package var tellsLevelChanges: Bool

    package init(
        minimumLevel: Level = .high,
        reopenWithin: Duration = .seconds(3600),
        tellsLevelChanges: Bool = false
    ) {
        self.minimumLevel = minimumLevel
        self.reopenWithin = reopenWithin
        self.tellsLevelChanges = tellsLevelChanges
    }
}
