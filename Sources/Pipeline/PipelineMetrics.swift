import Coverage
package import Domain
package import Runtime
import Storage

/// Declares what the pipeline counts, and counts it once a batch is durable.
package struct PipelineMetrics: Sendable {
    private let metrics: Metrics

    /// Declares the families in `metrics`.
    package init(_ metrics: Metrics) {
        self.metrics = metrics
        let counters = [
            ("riskd_records_total", "Records scored and stored."),
            (
                "riskd_history_bound_images_total",
                "Remembered inputs that left early for memory.history or memory.models."
            ),
            (
                "riskd_history_bound_models_total",
                "Models whose histories were forgotten for memory.history or memory.models."
            ),
            ("riskd_late_records_total", "Records whose tick was already closed."),
            (
                "riskd_ahead_records_total",
                "Records whose time was far ahead of their source's others or of the clock."
            ),
            (
                "riskd_duplicate_ids_total",
                "Records left out because the same record, by id and content, had been met before."
            ),
            ("riskd_reused_ids_total", "Records that were scored although another content had their id."),
            (
                "riskd_degraded_fields_total",
                "Records scored without a field, or with less of it, by field and reason."
            ),
            (
                "riskd_uncompared_records_total",
                "Records that were compared with nothing, by model and reason: no_input (an image, or features), or no_other_of_shape."
            ),
            ("riskd_dead_letters_total", "Lines that could not be used, by reason."),
            ("riskd_ingest_bytes_total", "Bytes read from sources."),
            ("riskd_signals_total", "Detector scores above at least one rung, by detector."),
            ("riskd_opinion_failures_total", "Second opinions that could not be formed, by opinion."),
            ("riskd_commit_retries_total", "Commits tried again after a lost connection."),
            (
                "riskd_database_rewinds_total",
                "Times that the database had lost batches, and riskd went on from what it has."
            ),
            ("riskd_level_changes_total", "Level changes, by the level reached."),
            ("riskd_clock_steps_total", "Times that the wall clock has jumped."),
            ("riskd_reloads_total", "Times that SIGHUP had model files looked at again, by result."),
            ("riskd_source_notices_total", "What was noticed about sources, by kind."),
            ("riskd_lost_bytes_total", "Bytes of sources that were there, and gone before they were read."),
            ("riskd_alert_events_total", "What happened to alerts, by kind."),
            ("riskd_outbox_given_up_total", "Messages given up undelivered, by reason."),
        ]
        for (name, help) in counters { metrics.declare(name, .counter, help) }
        let gauges = [
            ("riskd_risk_score", "The latest score, 0 to 100, by scope."),
            ("riskd_entities", "Users with a track, by level."),
            ("riskd_campaigns", "Campaigns with a track, by level."),
            ("riskd_ingest_lag_seconds", "How old the newest record was when it was stored."),
            ("riskd_ingest_lag_bytes", "Bytes of the sources that have not been read yet."),
            ("riskd_ingest_caught_up", "1 while every source has been read to its end."),
            (
                "riskd_sources_untimely",
                "Files of which more than a few per cent of the recent records do not fit in time, by kind: late, ahead, refused."
            ),
            ("riskd_time_lead_seconds", "How far the last record that was ahead was ahead."),
            (
                "riskd_coverage_share",
                "The share of the last 200 lines that are bad, by scope (source, model), name and measure."
            ),
            ("riskd_coverage_usual_share", "The same share as it usually is, where that is known."),
            (
                "riskd_coverage_blind",
                "1 while so much is bad that riskd counts as blind, by scope, name and measure."
            ),
            ("riskd_coverage_reasons", "Sentences that say what riskd is blind for just now."),
            ("riskd_sources_unreadable", "Files that are there and cannot be read."),
            (
                "riskd_sources_unfit",
                "Configured paths that lead to a folder, a pipe, a device or an archive."
            ),
            ("riskd_history_entries", "Inputs in the similarity history, by model."),
            ("riskd_history_bytes", "Bytes of the similarity history, by model."),
            (
                "riskd_history_memory_bytes",
                "Memory for all that similarity and campaigns keep of their history, by model."
            ),
            ("riskd_database_up", "1 while the database answers."),
            ("riskd_commits_failing", "1 while a batch is tried again and again."),
            (
                "riskd_opinion_drifting",
                "1 while a second opinion signals more ordinary records than calibrated."
            ),
            ("riskd_alerts", "Alerts that are not resolved, by state and level."),
            ("riskd_webhook_queue_age_seconds", "How long the oldest message of an endpoint has waited."),
            (
                "riskd_notifier_failing",
                "1 while alerts cannot be routed because the database does not answer."
            ),
            ("riskd_calibrated_models", "Models with a calibration in force."),
            (
                "riskd_calibration_health",
                "Whether a model's calibration holds: 0 valid, 1 suspect, 2 expired, 3 uncalibrated."
            ),
            (
                "riskd_calibration_age_seconds",
                "How old the newest traffic is that a model's calibration was built from."
            ),
            ("riskd_build_info", "Always 1; the version is a label."),
        ]
        for (name, help) in gauges { metrics.declare(name, .gauge, help) }
        metrics.declare(
            "riskd_commit_duration_seconds",
            .histogram,
            "How long a transaction took.",
            bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
        )
        for name in [
            "riskd_records_total", "riskd_late_records_total", "riskd_ahead_records_total",
            "riskd_duplicate_ids_total", "riskd_reused_ids_total", "riskd_history_bound_images_total",
            "riskd_history_bound_models_total",
        ] { metrics.add(name, by: 0) }
        metrics.set("riskd_build_info", ["version": riskdVersion], to: 1)
    }

    /// Counts a batch that is durable.
    ///
    /// - Parameters:
    ///   - batch: as it was committed.
    ///   - now: the wall clock.
    package func count(_ batch: ScoredBatch, now: Timestamp) {
        let commit = batch.commit
        if let last = commit.observations.last?.record.time {
            metrics.set("riskd_ingest_lag_seconds", to: Double(now.milliseconds - last.milliseconds) / 1000)
        }
        metrics.add("riskd_records_total", by: Double(commit.observations.count))
        metrics.add("riskd_late_records_total", by: Double(batch.late))
        metrics.add("riskd_ahead_records_total", by: Double(batch.ahead))
        metrics.add("riskd_duplicate_ids_total", by: Double(batch.duplicates))
        metrics.add("riskd_reused_ids_total", by: Double(batch.reusedIDs.count))
        for (field, count) in batch.degraded {
            metrics.add(
                "riskd_degraded_fields_total",
                ["field": field.field, "reason": field.reason],
                by: Double(count)
            )
        }
        metrics.add("riskd_ingest_bytes_total", by: Double(batch.bytesRead))
        for letter in commit.deadLetters {
            metrics.add("riskd_dead_letters_total", ["reason": letter.reason])
        }
        for (reason, counts) in [("no_input", batch.uncompared), ("no_other_of_shape", batch.alone)] {
            for (model, count) in counts {
                metrics.add(
                    "riskd_uncompared_records_total",
                    ["model": model.name, "reason": reason],
                    by: Double(count)
                )
            }
        }
        for (detector, count) in batch.signals {
            metrics.add("riskd_signals_total", ["detector": detector.name], by: Double(count))
        }
        for (opinion, count) in batch.opinionFailures {
            metrics.add("riskd_opinion_failures_total", ["opinion": opinion], by: Double(count))
        }
        for change in commit.levelChanges {
            metrics.add(
                "riskd_level_changes_total",
                ["kind": change.entity.kind, "to": change.to.description]
            )
        }
        for event in commit.alertEvents {
            metrics.add("riskd_alert_events_total", ["kind": event.kind.rawValue])
        }
        for sample in commit.samples { set(sample) }
        metrics.add("riskd_history_bound_images_total", by: Double(batch.shortened.images))
        metrics.add("riskd_history_bound_models_total", by: Double(batch.shortened.forgotten.count))
        for model in batch.shortened.forgotten {
            for name in ["riskd_history_entries", "riskd_history_bytes", "riskd_history_memory_bytes"] {
                metrics.remove(name, ["model": model.name])
            }
        }
        for (model, use) in batch.histories {
            metrics.set("riskd_history_entries", ["model": model.name], to: Double(use.entries))
            metrics.set("riskd_history_bytes", ["model": model.name], to: Double(use.bytes))
            metrics.set("riskd_history_memory_bytes", ["model": model.name], to: Double(use.memory))
        }
        for (model, health) in batch.calibrationHealth {
            metrics.set("riskd_calibration_health", ["model": model.name], to: Double(health.code))
        }
        for (model, newest) in batch.calibrationNewest {
            let age = Double(now.milliseconds - newest.milliseconds) / 1000
            metrics.set("riskd_calibration_age_seconds", ["model": model.name], to: age)
        }
        for (model, health) in batch.calibrationHealth {
            metrics.set("riskd_calibration_health", ["model": model.name], to: Double(health.code))
        }
        for (model, newest) in batch.calibrationNewest {
            let age = Double(now.milliseconds - newest.milliseconds) / 1000
            metrics.set("riskd_calibration_age_seconds", ["model": model.name], to: age)
        }
        set(batch.coverage)
        metrics.set("riskd_coverage_reasons", to: Double(batch.blindReasons.count))
        for (level, count) in batch.usersByLevel {
            metrics.set("riskd_entities", ["level": level.description], to: Double(count))
        }
        for (level, count) in batch.campaignsByLevel {
            metrics.set("riskd_campaigns", ["level": level.description], to: Double(count))
        }
    }

    /// Shows how much can be seen; their number is bounded.
    private func set(_ coverage: CoverageState) {
        for row in coverage.rows {
            let (scope, name) = (row.key.kind, row.key.name)
            for (measure, gauge) in row.gauges {
                let recently = gauge.recently
                if recently.lines > 0 {
                    metrics.set(
                        "riskd_coverage_share",
                        ["scope": scope, "name": name, "measure": measure.name],
                        to: Double(recently.bad) / Double(recently.lines)
                    )
                }
                if gauge.isBaselineKnown {
                    metrics.set(
                        "riskd_coverage_usual_share",
                        ["scope": scope, "name": name, "measure": measure.name],
                        to: Double(gauge.baseline) / Double(CoverageRule.whole)
                    )
                }
                metrics.set(
                    "riskd_coverage_blind",
                    ["scope": scope, "name": name, "measure": measure.name],
                    to: row.isBlind(measure) ? 1 : 0
                )
            }
        }
        for key in coverage.goneRows {
            for family in ["riskd_coverage_share", "riskd_coverage_usual_share", "riskd_coverage_blind"] {
                metrics.removeAll(family, ["scope": key.kind, "name": key.name])
            }
        }
    }

    /// Users and campaigns are left out: their number is unbounded, and users' names are private.
    private func set(_ sample: Sample) {
        let score = Double(sample.score) / 1000
        switch sample.entity {
        case .user, .campaign: break
        case .model(let model):
            metrics.set("riskd_risk_score", ["scope": "model", "model": model.name], to: score)
        case .global: metrics.set("riskd_risk_score", ["scope": "global"], to: score)
        }
    }
}
