package import Configuration
package import Domain
package import Ingest
package import Runtime

/// Opens what a pipeline reads.
package enum SourceFactory {
    /// Recorded logs, read as one in the order of time.
    ///
    /// - Parameters:
    ///   - files: the logs; one that is named twice is read once.
    ///   - settings: the limit of a line, and the zone of times that name none.
    ///   - known: what the database holds of them.
    /// - Returns: the source, and how far it has come.
    package static func recorded(
        _ files: [String],
        _ settings: Configuration.Ingest,
        known: [SourceFile]
    ) -> any LineSource & ReadProgress {
        recorded(files, maximumLine: settings.maximumLine, zone: settings.timeZone, known: known)
    }

    /// Recorded logs, read as one in the order of time.
    ///
    /// - Parameters:
    ///   - files: the logs; one that is named twice is read once.
    ///   - maximumLine: bytes of one line.
    ///   - zone: of times that name none.
    ///   - known: what the database holds of them.
    /// - Returns: the source, and how far it has come.
    package static func recorded(
        _ files: [String],
        maximumLine: Int,
        zone: LogZone,
        known: [SourceFile]
    ) -> any LineSource & ReadProgress {
        let followers = FileFollower.distinct(files).map { file in
            FileFollower(
                configuration: FollowerConfiguration(
                    paths: [file],
                    maximumLineBytes: maximumLine,
                    once: true
                ),
                known: known
            )
        }
        // One log needs no merging, and is read in larger pieces without it.
        if followers.count == 1, let only = followers.first { return only }
        return MergedLogs(followers, zone: zone)
    }

    /// Paths that cannot be followed, because something else than a log file is there.
    ///
    /// - Parameter paths: paths and globs, as configured.
    /// - Returns: what is wrong with each that is unfit, in words.
    package static func unfit(_ paths: [String]) -> [String] { FileFollower.unfit(paths) }

    /// The configured paths, followed as they grow.
    ///
    /// - Parameters:
    ///   - settings: paths and limits.
    ///   - known: what the database holds of them.
    ///   - onStep: called now and then while many files are looked at.
    /// - Returns: the source.
    package static func followed(
        _ settings: Configuration.Ingest,
        known: [SourceFile],
        onStep: @escaping @Sendable () -> Void = {}
    ) -> FileFollower {
        FileFollower(
            configuration: FollowerConfiguration(
                paths: settings.paths,
                maximumLineBytes: settings.maximumLine,
                rotatedGrace: settings.rotatedGrace,
                scanInterval: settings.pollInterval,
                timeZone: settings.timeZone
            ),
            known: known,
            onStep: onStep
        )
    }
}

/// Knows how much of its input has been read.
package protocol ReadProgress {
    /// Bytes read so far and in all, compressed where the input is; the total is nil while unknown.
    var progress: (read: Int64, total: Int64?) { get }
}

extension FileFollower: ReadProgress {}
extension MergedLogs: ReadProgress {}
