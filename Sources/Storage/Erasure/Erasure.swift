package import Domain

/// A person whose name is to go out of every table, and what became of that.
package struct Erasure: Hashable, Sendable {
    package let number: Int64
    /// When somebody asked for it, by the wall clock.
    package let requested: Timestamp
    /// Who asked.
    package let actor: String
    /// Why.
    package let reason: String
    /// The name; nil once it is done or refused.
    package let user: UserID?
    /// What stands in the name's place: random.
    package let pseudonym: UserID
    /// When it was done or refused; nil while it waits.
    package let done: Timestamp?
    /// Why nothing was done.
    package let refusal: String?
    /// How many rows were changed or deleted, by dataset; those of which none was are left out.
    package let rows: [Count]

    /// How many rows of a dataset.
    package struct Count: Hashable, Sendable {
        /// The table's name.
        package let dataset: String
        package let rows: Int64
    }

    /// What stands in the place of the name, as long as the name is known.
    package var replacement: NameReplacement? { user.map { NameReplacement($0, by: pseudonym) } }

    /// A pseudonym from which nothing can be learnt.
    static func pseudonym() -> UserID {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return UserID("erased-" + String(repeating: "0", count: 16 - digits.count) + digits)
    }
}

/// An artefact that names its owner, and what it is under another name.
package struct RenamedArtefact: Hashable, Sendable {
    /// `sha256:` and the digest of the old bytes.
    package let old: String
    /// The same of the new ones.
    package let new: String
    /// The new bytes.
    package let body: [UInt8]

    /// An artefact under another name.
    package init(old: String, new: String, body: [UInt8]) {
        self.old = old
        self.new = new
        self.body = body
    }
}
