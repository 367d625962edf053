/// How many benign records of a calibration would be alarmed, wherever one draws the line.
///
/// A record is as rare as its rarest rung: the share of benign scores at or above that rung's threshold. The line alarms
/// every record that is at least as rare. One detector's shares say nothing of how often *any* detector reaches them:
/// detectors agree and disagree, so this is counted over the records.
package struct AlarmCurve: Hashable, Sendable {
    /// What one line gives.
    package struct Point: Hashable, Sendable {
        /// Alarms what this share of benign scores, or less, reached; above 0, at most 1.
        package let rarity: Double
        /// How many benign records that are.
        package let alarmed: Int

        package init(rarity: Double, alarmed: Int) {
            self.rarity = rarity
            self.alarmed = alarmed
        }
    }

    /// How many benign records there were.
    package let records: Int
    /// By rising rarity; alarmed records do not fall.
    package let points: [Point]

    /// A curve; without arguments one that nothing was counted for.
    package init(records: Int = 0, points: [Point] = []) {
        self.records = records
        self.points = points
    }

    /// The line that alarms at most a share of the benign records.
    ///
    /// - Parameter share: above 0.
    /// - Returns: the largest such rarity; 0, which alarms nothing, where even the rarest rungs alarm more.
    package func rarity(alarming share: Double) -> Double {
        points.last { Double($0.alarmed) <= share * Double(records) }?.rarity ?? 0
    }

    var fault: String? {
        let rises = zip(points, points.dropFirst()).allSatisfy {
            $0.rarity < $1.rarity && $0.alarmed <= $1.alarmed
        }
        let isWithin = points.allSatisfy {
            $0.rarity > 0 && $0.rarity <= 1 && (0...records).contains($0.alarmed)
        }
        return rises && isWithin && records >= 0 ? nil : "an alarm curve that does not rise"
    }
}
