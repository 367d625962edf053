import Domain
import Foundation

extension ScoringConfiguration {
    private static let kind = "riskd-edet-1"

    /// The settings and their tables as canonical JSON: sorted keys, integers only.
    ///
    /// - Returns: UTF-8; equal settings give equal bytes, so a digest of them names the settings.
    package func artefact() -> [UInt8] {
        let models = criticality.sorted { $0.key < $1.key }
        return CanonicalJSON.object([
            "cap_units": .integer(cap),
            "criticality": .array(
                models.map { .object(["model": .string($0.key.name), "permille": .integer($0.value)]) }
            ),
            "decay_q30": .array(decayTables.map { .integers($0.factors) }),
            "enter_milli": .integers(enter),
            "exit_milli": .integers(exit),
            "half_life_ticks": .integers(halfLives),
            "hold_ticks": .integer(Int64(hold)),
            "kappa_millibits": .integer(kappa),
            "kind": .string(Self.kind),
            "lambda_shifts": .integers(lambdaShifts.map { Int64($0) }),
            "lateness_ms": .integer(lateness.wholeMilliseconds),
            "odds_floor_ppm": .integer(oddsFloor),
            "others_divisor": .integer(othersDivisor),
            "penalty_units": .integer(penalty),
            "tick_ms": .integer(tickLength.wholeMilliseconds),
        ]).bytes
    }

    /// The settings that ``artefact()`` wrote, with the tables that it stored.
    ///
    /// - Parameter bytes: exactly what was written.
    /// - Throws: `ScoringError.invalidArtefact`, or `ScoringError.invalidConfiguration` for values out of range.
    package init(artefact bytes: [UInt8]) throws(ScoringError) {
        let stored: Stored
        do { stored = try JSONDecoder().decode(Stored.self, from: Data(bytes)) } catch {
            throw .invalidArtefact("the settings are not JSON of the expected form")
        }
        guard stored.kind == Self.kind else { throw .invalidArtefact("kind is \(stored.kind)") }
        let tables = stored.decay.compactMap { DecayTable(stored: $0) }
        guard tables.count == stored.decay.count else { throw .invalidArtefact("a decay table is malformed") }
        try self.init(
            tickLength: .milliseconds(stored.tick),
            lateness: .milliseconds(stored.lateness),
            ticks: stored.halfLives,
            decayTables: tables,
            lambdaShifts: stored.lambdaShifts,
            penalty: stored.penalty,
            cap: stored.cap,
            kappa: stored.kappa,
            enter: stored.enter,
            exit: stored.exit,
            hold: stored.hold,
            othersDivisor: stored.othersDivisor,
            oddsFloor: stored.oddsFloor,
            criticality: Dictionary(stored.criticality.map { (ModelID($0.model), $0.permille) }) { $1 }
        )
        guard artefact() == bytes else { throw .invalidArtefact("the settings are not in canonical form") }
    }
}

private struct Stored: Decodable {
    let cap: Int64
    let criticality: [Criticality]
    let decay: [[Int64]]
    let enter: [Int64]
    let exit: [Int64]
    let halfLives: [Int64]
    let hold: Int
    let kappa: Int64
    let kind: String
    let lambdaShifts: [Int]
    let lateness: Int64
    let oddsFloor: Int64
    let othersDivisor: Int64
    let penalty: Int64
    let tick: Int64

    struct Criticality: Decodable {
        let model: String
        let permille: Int64
    }

    enum CodingKeys: String, CodingKey {
        case cap = "cap_units"
        case criticality
        case decay = "decay_q30"
        case enter = "enter_milli"
        case exit = "exit_milli"
        case halfLives = "half_life_ticks"
        case hold = "hold_ticks"
        case kappa = "kappa_millibits"
        case kind
        case lambdaShifts = "lambda_shifts"
        case lateness = "lateness_ms"
        case oddsFloor = "odds_floor_ppm"
        case othersDivisor = "others_divisor"
        case penalty = "penalty_units"
        case tick = "tick_ms"
    }
}
