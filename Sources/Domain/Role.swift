/// What callers of the API may be.
package enum Role: String, Hashable, Sendable, CaseIterable, Codable {
    /// Sees levels, series and alerts.
    case viewer
    /// Also acts on alerts, silences for a day at most, and reveals images.
    case `operator`
    /// Also confirms attacks, and silences for longer.
    case responder
    /// Runs endpoints and tokens; sees no image.
    case admin
    /// Reads everything, ledgers and images too; changes nothing.
    case auditor
    /// A machine that reads metrics.
    case scrape
}
