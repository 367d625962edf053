/// Alerts that an endpoint is told of together, and what it was told.
package struct AlertGroup: Hashable, Sendable {
    /// What a group is found by.
    package struct Key: Hashable, Comparable, Sendable {
        /// The endpoint's name.
        package let endpoint: String
        /// Such as `{}:{model="fashion"}`, or an alert's id where the endpoint does not group.
        package let group: String

        package init(endpoint: String, group: String) {
            self.endpoint = endpoint
            self.group = group
        }

        package static func < (left: Key, right: Key) -> Bool {
            (left.endpoint, left.group) < (right.endpoint, right.group)
        }
    }

    /// Which group.
    package let key: Key
    /// What its alerts have in common by configuration.
    package let labels: [AlertLabel]
    /// Alerts that are firing, or are over and not told of yet.
    package var members: Set<AlertID>
    /// When it is looked at first; further times are whole intervals later.
    package let firstFlush: Timestamp
    /// An earlier time, because an alert's level rose.
    package var due: Timestamp?
    /// When a message was made last; nil before the first.
    package var told: Timestamp?
    /// What the endpoint believes to be firing, and the highest level that it was told.
    package var toldFiring: [AlertID: Level]

    /// A group as it was stored; without what was told, a new one.
    package init(
        key: Key,
        labels: [AlertLabel],
        members: Set<AlertID> = [],
        firstFlush: Timestamp,
        due: Timestamp? = nil,
        told: Timestamp? = nil,
        toldFiring: [AlertID: Level] = [:]
    ) {
        self.key = key
        self.labels = labels
        self.members = members
        self.firstFlush = firstFlush
        self.due = due
        self.told = told
        self.toldFiring = toldFiring
    }
}

/// A message and where it goes.
package struct AddressedMessage: Hashable, Sendable {
    /// The endpoint's name.
    package let endpoint: String
    package let message: Message

    package init(endpoint: String, message: Message) {
        self.endpoint = endpoint
        self.message = message
    }
}

/// Which alerts keep others from being told.
package enum InhibitionRule: String, Hashable, Sendable, CaseIterable {
    /// A model's suspect calibration: the alerts of its users at its level or below.
    case calibration
    /// A campaign's alert: those of its users, at the same level or below.
    case campaign
    /// An alert by a model's own track: those of its users and campaigns, at the same level or below.
    case model
    /// The alerts that a roll-up is made of: the roll-up's.
    case derived
}
