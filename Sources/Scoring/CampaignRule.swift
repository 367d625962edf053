/// When a record goes on with a campaign (docs/campaigns.md).
package struct CampaignRule: Hashable, Sendable {
    /// Only images nearer than this link, as similarity measures distances; at most its cap.
    package let distance: Double
    /// How long after the last image of a chain another one may still join it.
    package let gap: Duration

    package init(distance: Double, gap: Duration) {
        self.distance = distance
        self.gap = gap
    }
}
