internal import Domain

/// Images of one user that lie close to one of them, the leader.
///
/// √(1 - SSIM) is a metric (see ``SignatureBasis``), so the distance of a query to the leader bounds its distance to
/// every member; ``margin`` makes up for the rounding of the kernels.
struct Cluster {
    /// An image of a cluster.
    struct Member {
        let position: Int
        /// The root of its distance to the leader.
        let radius: Double
    }

    /// Of roots of distances; the kernels' own error is below 1e-6.
    static let margin = 2e-5
    /// An image joins a leader up to this distance.
    static let joinCut = 0.01

    var leader: Int
    let user: UserID
    let userKey: UInt64
    /// By position, never empty.
    var members: [Member]
    /// The largest of the members' radii.
    var radius: Double
    /// Whether the leader's signature by the current basis is known.
    var isSigned = false

    init(leader: Int, user: UserID, userKey: UInt64) {
        self.leader = leader
        self.user = user
        self.userKey = userKey
        members = [Member(position: leader, radius: 0)]
        radius = 0
    }

    /// The positions of the first and the last member.
    var first: Int { members.first?.position ?? leader }
    var last: Int { members.last?.position ?? leader }

    /// A leader's distance beyond this puts every member beyond `cut`.
    func leaderCut(_ cut: Double) -> Double {
        let root = cut.squareRoot() + radius + Self.margin
        return root * root
    }
}
