package import Domain
import PostgresClient

extension Store {
    /// Where the pipeline stopped.
    ///
    /// - Returns: everything but the history and the open ticks.
    /// - Throws: `StorageError.notMigrated`, `.newerSchema`, `.corrupt` or `.database`.
    package func loadState() async throws(StorageError) -> StoredState {
        try await checkSchema()
        let epochs = try await epochs()
        let sources = try await sources()
        let tracks = try await tracks()
        let progress = try await sourceProgress()
        return try await storing {
            let rows = try await session.query(
                """
                select batch, sequence, watermark, last_closed_tick, next_sample_id, tick_ms from riskd.pipeline
                """
            )
            guard let row = rows.first else { throw StorageError.corrupt("pipeline has no row") }
            var fields = row.fields
            return StoredState(
                batch: try fields.next(),
                sequence: try fields.next(),
                watermark: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                lastClosedTick: try fields.next(Int64?.self).map(Tick.init),
                nextSampleID: try fields.next(),
                tickMilliseconds: try fields.next(),
                progress: progress,
                sources: sources,
                tracks: tracks,
                epochs: epochs
            )
        }
    }

    /// Every track and roll-up state, ordered by entity, tracks before roll-ups.
    ///
    /// - Returns: the tracks.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func tracks() async throws(StorageError) -> [StoredTrack] {
        try await storing {
            let columns = TrackRows.columns.joined(separator: ", ")
            let rows = try await session.query("select \(unsafeSQL: columns) from riskd.track")
            return try rows.map(StoredTrack.init).sorted {
                $0.entity == $1.entity ? !$0.isRollup && $1.isRollup : $0.entity < $1.entity
            }
        }
    }

    /// Every source, ordered by id.
    ///
    /// - Returns: the sources.
    /// - Throws: `StorageError.database`.
    package func sources() async throws(StorageError) -> [SourceFile] {
        try await storing {
            try await session.query(
                """
                select id, path, device, inode, prefix_length, prefix_digest, position_offset, guard_length,
                    guard_digest, lines, finished, known_size, modified, place, lost_bytes
                from riskd.source_file order by id
                """
            ).map { row in
                var fields = row.fields
                return SourceFile(
                    id: try fields.next(),
                    path: try fields.next(),
                    device: UInt64(bitPattern: try fields.next(Int64.self)),
                    inode: UInt64(bitPattern: try fields.next(Int64.self)),
                    prefixLength: try fields.next(),
                    prefixDigest: try fields.next(),
                    position: SourcePosition(
                        offset: try fields.next(),
                        guardLength: try fields.next(),
                        guardDigest: try fields.next(),
                        lines: try fields.next(),
                        isFinished: try fields.next()
                    ),
                    knownSize: try fields.next(),
                    modified: try fields.next(),
                    place: try fields.next(),
                    lostBytes: try fields.next()
                )
            }
        }
    }

    /// When the wall clock moved the watermark, in order: after which observation, and to when.
    ///
    /// - Returns: the moves.
    /// - Throws: `StorageError.database`.
    package func clockAdvances() async throws(StorageError) -> [(afterSequence: Int64, watermark: Timestamp)]
    {
        try await storing {
            try await session.query(
                "select after_sequence, watermark from riskd.clock_advance order by batch"
            ).map { row in
                var fields = row.fields
                return (try fields.next(), Timestamp(try fields.next(PostgresTimestamp.self)))
            }
        }
    }

    /// The observations that count in ticks that are still open, in order.
    ///
    /// - Parameter tick: the last closed tick; nil when none is.
    /// - Returns: the observations.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func openObservations(after tick: Tick?) async throws(StorageError) -> [OpenObservation] {
        try await storing {
            try await session.query(
                """
                select sequence, model, user_name, time, tick, user_detectors, user_rungs, model_detectors,
                    model_rungs, campaign, coalesce(campaign_detectors, '{}'), coalesce(campaign_rungs, '{}'),
                    user_calibration,
                    coalesce(u_distance_alarm > 0 or u_exact_repeats > 0, false) or coalesce(jitter_matches > 0, false)
                from riskd.observation where tick > \(tick?.index ?? .min) order by sequence
                """
            ).map { row in
                var fields = row.fields
                let sequence = try fields.next(Int64.self)
                let (model, user) = (ModelID(try fields.next()), UserID(try fields.next()))
                let time = Timestamp(try fields.next(PostgresTimestamp.self))
                let tick = Tick(try fields.next())
                let (userRungs, modelRungs) = (
                    try DetectorRung.read(&fields), try DetectorRung.read(&fields)
                )
                let campaign = try fields.next(Int64?.self)
                let campaignRungs = try DetectorRung.read(&fields)
                return OpenObservation(
                    sequence: sequence,
                    model: model,
                    user: user,
                    time: time,
                    tick: tick,
                    userRungs: userRungs,
                    userCalibration: try fields.next(),
                    modelRungs: modelRungs,
                    campaign: campaign,
                    campaignRungs: campaignRungs,
                    isSceneKnown: try fields.next()
                )
            }
        }
    }
}
