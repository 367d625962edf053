import CSimdjson
import Crypto
import Domain
import Runtime

/// Names longer than this many bytes are cut.
private let maximumNameLength = 256

/// Judges the values of a parsed line and builds its record, at the least sacrifice: what is of no use is left out and
/// named, and only a record that cannot be scored is refused.
struct RecordReader {
    private let zone: LogZone
    private let names: ModelNames
    private var degraded: [DegradedField] = []

    /// - Parameters:
    ///   - zone: of times that name none.
    ///   - names: what models are called.
    init(zone: LogZone, names: ModelNames) {
        self.zone = zone
        self.names = names
    }

    /// The record.
    ///
    /// - Parameter fields: borrowed from the parser, valid during the call.
    /// - Returns: the record, with what of it was not used as it was logged.
    /// - Throws: `Rejection`, whose detail is a JSON Pointer, where user, model, time or answer cannot be read.
    mutating func record(from fields: riskd_fields) throws(Rejection) -> Record {
        noteRepeated(fields.repeated)
        let time = try time(fields.time)
        let model = names.name(of: try name(fields.model, "/model", "model"))
        let user = try name(fields.user, "/user", "user")
        let prediction = try prediction(fields)
        let version = optionalName(fields.model_version, "model_version")
        let source = optionalName(fields.source, "source")
        let image = image(fields)
        let features = features(fields)
        var digest = RecordDigest()
        digest.add(user)
        digest.add(model)
        digest.add(time.milliseconds)
        digest.add(prediction)
        digest.add(image)
        digest.add(features)
        let content = digest.finished
        return Record(
            id: RecordID(identifier(fields.identifier, content)),
            time: time,
            model: ModelID(model),
            modelVersion: version,
            user: UserID(user),
            source: source,
            image: image,
            features: features,
            prediction: prediction,
            digest: content,
            degraded: degraded
        )
    }

    private mutating func degrade(_ field: String, _ reason: String) {
        let one = DegradedField(field, reason)
        if !degraded.contains(one) { degraded.append(one) }
    }

    private mutating func noteRepeated(_ bits: UInt32) {
        guard bits != 0 else { return }
        let fields = [
            (RISKD_REPEATED_ID, "id"), (RISKD_REPEATED_TIME, "time"), (RISKD_REPEATED_MODEL, "model"),
            (RISKD_REPEATED_USER, "user"), (RISKD_REPEATED_PREDICTION, "prediction"),
            (RISKD_REPEATED_VERSION, "model_version"), (RISKD_REPEATED_SOURCE, "source"),
            (RISKD_REPEATED_INPUT, "input"), (RISKD_REPEATED_FEATURES, "features"),
            (RISKD_REPEATED_CLASS, "prediction.class"),
            (RISKD_REPEATED_PROBABILITY, "prediction.probability"),
            (RISKD_REPEATED_PROBABILITIES, "prediction.probabilities"),
            (RISKD_REPEATED_CLASSES, "prediction.classes"),
        ]
        for (bit, field) in fields where bits & UInt32(bit) != 0 { degrade(field, "repeated_key") }
    }

    // MARK: Names

    /// A name as it is used: at most 256 bytes, of characters that every database can hold.
    private mutating func usable(_ text: String, _ field: String) -> String {
        var name = text
        // 0xEF begins U+FDD0.
        if name.utf8.contains(where: { $0 == 0 || $0 == 0xEF }) {
            let scalars = name.unicodeScalars.map { $0.value == 0 || $0.value == 0xFDD0 ? "\u{FFFD}" : $0 }
            if !scalars.elementsEqual(name.unicodeScalars) {
                name = String(String.UnicodeScalarView(scalars))
                degrade(field, "replaced_characters")
            }
        }
        guard name.utf8.count > maximumNameLength else { return name }
        degrade(field, "cut")
        return boundedName(name)
    }

    /// The text of a value that may name something; nil where it names nothing.
    private func text(_ value: riskd_value) -> String? {
        switch value.kind {
        case RISKD_TEXT: value.text.length == 0 ? nil : value.text.string
        case RISKD_INTEGER: String(value.integer)
        case RISKD_NATURAL: String(value.natural)
        case RISKD_NUMBER: Int64(exactly: value.number).map { String($0) } ?? "\(value.number)"
        default: nil
        }
    }

    private mutating func name(
        _ value: riskd_value,
        _ pointer: String,
        _ field: String
    ) throws(Rejection) -> String {
        guard let text = text(value) else {
            throw Rejection(
                value.kind == RISKD_ABSENT ? .missingField : value.kind == RISKD_TEXT ? .badText : .wrongType,
                pointer
            )
        }
        return usable(text, field)
    }

    private mutating func optionalName(_ value: riskd_value, _ field: String) -> String? {
        if let text = text(value) { return usable(text, field) }
        switch value.kind {
        case RISKD_ABSENT, RISKD_NULL, RISKD_TEXT: break
        default: degrade(field, RejectionReason.wrongType.rawValue)
        }
        return nil
    }

    /// What the logger calls the record, or what is made of its content where it has no name.
    private mutating func identifier(_ value: riskd_value, _ content: Digest128) -> String {
        if let text = text(value) { return usable(text, "id") }
        degrade("id", value.kind == RISKD_ABSENT ? "missing_field" : "unreadable")
        return "~" + content.hexadecimal
    }

    // MARK: Time

    private mutating func time(_ value: riskd_value) throws(Rejection) -> Timestamp {
        let logged: LoggedTime?
        switch value.kind {
        case RISKD_ABSENT: throw Rejection(.missingField, "/time")
        case RISKD_TEXT: logged = LoggedTime(value.text.string)
        case RISKD_INTEGER: logged = LoggedTime(epoch: value.integer)
        case RISKD_NUMBER: logged = LoggedTime(epoch: value.number)
        case RISKD_NATURAL: logged = nil
        default: throw Rejection(.wrongType, "/time")
        }
        switch logged {
        case .instant(let time): return time
        case .local(let time):
            degrade("time", "zone_assumed")
            return Timestamp(milliseconds: zone.instant(of: time.milliseconds))
        case nil: throw Rejection(.badTime, "/time")
        }
    }

    // MARK: Answer

    private mutating func prediction(_ fields: riskd_fields) throws(Rejection) -> Prediction {
        let logged: String
        if fields.label.kind == RISKD_BOOLEAN {
            logged = fields.label.integer == 0 ? "false" : "true"
        } else if let text = text(fields.label) {
            logged = text
        } else {
            _ = try name(fields.label, "/prediction/class", "prediction.class")
            preconditionFailure("a name of nothing")
        }
        let label = usable(logged, "prediction.class")
        let probabilities = probabilities(fields)
        let place = place(of: logged, fields, count: probabilities?.count)
        return Prediction(
            label: label,
            probability: try probability(fields.probability, place.flatMap { probabilities?[$0] }),
            probabilities: probabilities,
            labelIndex: place
        )
    }

    /// The probability of the class; `entry` is what the list of all has in its place, where that is known.
    private mutating func probability(
        _ value: riskd_value,
        _ entry: Double?
    ) throws(Rejection) -> Double {
        let (field, pointer) = ("prediction.probability", "/prediction/probability")
        var number: Double?
        var reason = RejectionReason.wrongType
        switch value.kind {
        case RISKD_ABSENT: reason = .missingField
        case RISKD_INTEGER, RISKD_NATURAL, RISKD_NUMBER: number = value.number
        case RISKD_TEXT:
            var read = 0.0
            if riskd_number(value.text.bytes, value.text.length, &read) { number = read }
        default: break
        }
        if let number {
            if let clamped = clamped(number, field) { return clamped }
            reason = .outOfRange
        }
        guard let entry else { throw Rejection(reason, pointer) }
        degrade(field, "from_probabilities")
        return entry
    }

    /// A probability that rounding moved out of 0 … 1 comes back; nil for one that something else did.
    private mutating func clamped(_ value: Double, _ field: String) -> Double? {
        guard value >= -Prediction.tolerance, value <= 1 + Prediction.tolerance else { return nil }
        if value < 0 || value > 1 { degrade(field, "clamped") }
        // Not -0, which is another pattern of bits.
        return value > 0 ? min(value, 1) : 0
    }

    private mutating func probabilities(_ fields: riskd_fields) -> [Double]? {
        guard fields.has_probabilities else { return nil }
        let field = "prediction.probabilities"
        guard fields.probabilities_problem == RISKD_JSON_OK else {
            degrade(field, RejectionReason(fields.probabilities_problem).rawValue)
            return nil
        }
        guard fields.probabilities_count > 0 else {
            degrade(field, RejectionReason.wrongSize.rawValue)
            return nil
        }
        var values: [Double] = []
        values.reserveCapacity(fields.probabilities_count)
        for value in UnsafeBufferPointer(start: fields.probabilities, count: fields.probabilities_count) {
            guard let clamped = clamped(value, field) else {
                degraded.removeAll { $0.field == field && $0.reason == "clamped" }
                degrade(field, RejectionReason.outOfRange.rawValue)
                return nil
            }
            values.append(clamped)
        }
        return values
    }

    /// Where the logged names of the classes have `label`.
    private mutating func place(of label: String, _ fields: riskd_fields, count: Int?) -> Int? {
        guard fields.has_classes, let count else { return nil }
        let field = "prediction.classes"
        guard fields.classes_problem == RISKD_JSON_OK else {
            degrade(field, RejectionReason(fields.classes_problem).rawValue)
            return nil
        }
        guard fields.classes_count == count else {
            degrade(field, RejectionReason.wrongSize.rawValue)
            return nil
        }
        let classes = UnsafeBufferPointer(start: fields.classes, count: fields.classes_count)
        let wanted = Array(label.utf8)
        let place = classes.firstIndex { entry in
            entry.kind == RISKD_TEXT
                ? entry.text.raw.elementsEqual(wanted)
                : text(entry).map { $0.utf8.elementsEqual(wanted) } ?? false
        }
        if place == nil { degrade(field, "no_such_class") }
        return place
    }

    // MARK: Input

    private mutating func image(_ fields: riskd_fields) -> Image? {
        guard fields.input.present else { return nil }
        do throws(Rejection) {
            guard !fields.has_encoded_image else { throw Rejection(.unsupportedInput, "/input/image") }
            try check(fields.input)
            let read = try LoggedImage(fields.input)
            if !read.isFinite { degrade("input", "not_finite") }
            return read.image
        } catch {
            degrade("input", error.reason.rawValue)
            return nil
        }
    }

    private mutating func features(_ fields: riskd_fields) -> [Float]? {
        guard fields.features.present else { return nil }
        do throws(Rejection) {
            try check(fields.features)
            return try loggedFeatures(fields.features)
        } catch {
            degrade("features", error.reason.rawValue)
            return nil
        }
    }

    private func check(_ tensor: riskd_tensor) throws(Rejection) {
        guard tensor.problem == RISKD_JSON_OK else { throw Rejection(RejectionReason(tensor.problem), "") }
    }
}

/// A name that is longer than 256 bytes, as it is used: its beginning, `~`, and a digest of all of it, so that names
/// that differ still differ.
///
/// - Parameter name: as it was logged.
/// - Returns: `name` itself where it is short enough; else 256 bytes at most.
package func boundedName(_ name: String) -> String {
    guard name.utf8.count > maximumNameLength else { return name }
    let digest = Digest128(sha256(Array(name.utf8))).hexadecimal
    var end = name.utf8.index(name.utf8.startIndex, offsetBy: maximumNameLength - 1 - digest.utf8.count)
    // Scalars are not cut.
    while name.utf8[end] & 0xC0 == 0x80 { end = name.utf8.index(before: end) }
    return String(decoding: name.utf8[..<end], as: UTF8.self) + "~" + digest
}

extension riskd_text {
    /// The bytes.
    var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: length) }

    /// The text; U+FDD0 stands for what is no character.
    var string: String { String(decoding: raw, as: UTF8.self) }
}

extension RejectionReason {
    init(_ status: riskd_json_status) {
        self =
            switch status {
            case RISKD_JSON_INVALID_UTF8: .invalidUTF8
            case RISKD_JSON_NOT_AN_OBJECT: .notAnObject
            case RISKD_JSON_MISSING_FIELD: .missingField
            case RISKD_JSON_WRONG_TYPE: .wrongType
            case RISKD_JSON_WRONG_SIZE: .wrongSize
            case RISKD_JSON_NO_MEMORY: .outOfMemory
            default: .invalidJSON
            }
    }
}
