import Configuration
import Domain
import HTTPAPI
import Scoring
import Storage

extension RequestHandlers {
    func detectorList(_ call: APICall) async throws -> APIAnswer {
        let snapshot = try await standings.current()
        let items = try await detectors.current(snapshot)
        return .json(
            PageDocument(asOf: snapshot?.asOf.description, items: items.map(DetectorDocument.init))
        )
    }

    func calibrationList(_ call: APICall) async throws -> APIAnswer {
        let withOwn = try call.flag("own")
        let length = configuration.scoring.tick.wholeMilliseconds
        let health = try await modelHealth(try await standings.current())
        let stored = try await readers.lend { try await $0.calibrations(limit: 1000, withOwn: withOwn) }
        return .json(
            CalibrationListDocument(
                items: stored.map { CalibrationDocument($0, tick: length) },
                health: health.models
            )
        )
    }

    func calibration(_ call: APICall) async throws -> APIAnswer {
        let id = call.argument("calibration")
        let digits = id.dropFirst(7)
        guard id.hasPrefix("sha256:"), digits.utf8.count == 64,
            digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { throw APIFailure.invalid("calibration", "must be sha256: and 64 hexadecimal digits") }
        let length = configuration.scoring.tick.wholeMilliseconds
        return try await readers.lend { store in
            guard let stored = try await store.calibrations(limit: 1, withOwn: true, id: id).first,
                let artefact = try await store.artefact(id)
            else { throw APIFailure.notFound("there is no calibration \(id)") }
            let calibration = try Calibration(artefact: artefact.body)
            let checks = try await store.checks(of: id)
            let activations = try await store.activations(of: id)
            return .json(
                CalibrationDetailDocument(
                    calibration: CalibrationDocument(stored, tick: length),
                    newestRecord: calibration.newest?.description,
                    delta: calibration.delta,
                    detectors: calibration.detectors.map { .init($0) },
                    checks: checks.map {
                        .init(
                            checkedAt: $0.time.description,
                            passed: $0.check.hasPassed,
                            traffic: $0.check.origin
                        )
                    },
                    activations: activations.map {
                        .init(
                            activatedAt: $0.time.description,
                            actor: $0.activation.actor,
                            forced: $0.activation.isForced,
                            reason: $0.activation.reason
                        )
                    }
                )
            )
        }
    }
}
