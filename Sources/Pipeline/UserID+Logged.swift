package import Domain
import Ingest

extension UserID {
    /// The user that a log's name means: one of more than 256 bytes is known by its beginning and a digest.
    ///
    /// - Parameter name: as it was logged.
    package init(logged name: String) { self.init(boundedName(name)) }
}
