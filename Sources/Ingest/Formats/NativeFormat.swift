import CSimdjson
import Crypto
import Domain
import Runtime

/// Names longer than this many bytes are cut.
private let maximumNameLength = 256

/// riskd's own format (docs/records.md).
struct NativeFormat: RecordFormat {
    let name = "native"

    private static let top = JSONKeys(
        "id",
        "time",
        "model",
        "user",
        "model_version",
        "source",
        "prediction",
        "input",
        "features"
    )
    private static let answer = JSONKeys(
        inside: "prediction",
        "class",
        "probability",
        "probabilities",
        "classes"
    )
    private static let input = JSONKeys(inside: "input", "shape", "dtype", "data", "range", "image")
    private static let features = JSONKeys(inside: "features", "shape", "dtype", "data")

    /// What the counters and flags call the members of ``top`` and ``answer``, in their order.
    private static let topFields = [
        "id", "time", "model", "user", "model_version", "source", "prediction", "input", "features",
    ]
    private static let answerFields = [
        "prediction.class", "prediction.probability", "prediction.probabilities", "prediction.classes",
    ]
    /// In which order those are named that are repeated.
    private static let order =
        [
            "id", "time", "model", "user", "prediction", "model_version", "source", "input", "features",
        ] + answerFields

    var keys: [JSONKeys] { [Self.top, Self.answer, Self.input, Self.features] }

    func record(
        _ root: DocumentNode,
        _ reading: inout JSONReading,
        _ surroundings: LogSurroundings
    ) throws(Rejection) -> Record {
        guard root.value.kind == RISKD_OBJECT else { throw Rejection(.notAnObject, "") }
        var repeated: Set<String> = []
        let top = reading.find(Self.top, in: root) { repeated.insert(Self.topFields[$0]) }
        switch top[6].value.kind {
        case RISKD_OBJECT: break
        case RISKD_ABSENT: throw Rejection(.missingField, "/prediction")
        default: throw Rejection(.wrongType, "/prediction")
        }
        let answer = reading.find(Self.answer, in: top[6]) { repeated.insert(Self.answerFields[$0]) }
        let input = LoggedTensor(top[7], Self.input, "/input", &reading) { repeated.insert("input") }
        let features = LoggedTensor(top[8], Self.features, "/features", &reading) {
            repeated.insert("features")
        }
        var reader = RecordReader(reading, surroundings)
        for field in Self.order where repeated.contains(field) { reader.degrade(field, "repeated_key") }
        return try reader.record(
            NativeMembers(
                id: top[0].value,
                time: top[1].value,
                model: top[2].value,
                user: top[3].value,
                version: top[4].value,
                source: top[5].value,
                label: answer[0].value,
                probability: answer[1].value,
                probabilities: answer[2],
                classes: answer[3],
                input: input,
                features: features
            )
        )
    }
}

/// What was found of a record, before anything of it is judged.
struct NativeMembers {
    let id, time, model, user, version, source, label, probability: riskd_value
    let probabilities, classes: DocumentNode
    let input, features: LoggedTensor?
}

/// Judges the values of a record and builds it.
struct RecordReader {
    private let reading: JSONReading
    private let surroundings: LogSurroundings
    private var degraded: [DegradedField] = []

    init(_ reading: JSONReading, _ surroundings: LogSurroundings) {
        self.reading = reading
        self.surroundings = surroundings
    }

    /// The record.
    ///
    /// - Parameter members: borrowed from the parser, valid during the call.
    /// - Returns: the record, with what of it was not used as it was logged.
    /// - Throws: `Rejection`, whose detail is a JSON Pointer, where user, model, time or answer cannot be read.
    mutating func record(_ members: NativeMembers) throws(Rejection) -> Record {
        let time = try time(members.time)
        let model = surroundings.names.name(of: try name(members.model, "/model", "model"))
        let user = try name(members.user, "/user", "user")
        let prediction = try prediction(members)
        let version = optionalName(members.version, "model_version")
        let source = optionalName(members.source, "source")
        let image = image(members.input)
        let features = features(members.features)
        var digest = RecordDigest()
        digest.add(user)
        digest.add(model)
        digest.add(time.milliseconds)
        digest.add(prediction)
        digest.add(image)
        digest.add(features)
        let content = digest.finished
        return Record(
            id: RecordID(identifier(members.id, content)),
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

    /// Notes that a field is not used as it was logged.
    mutating func degrade(_ field: String, _ reason: String) {
        let one = DegradedField(field, reason)
        if !degraded.contains(one) { degraded.append(one) }
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
            return Timestamp(milliseconds: surroundings.zone.instant(of: time.milliseconds))
        case nil: throw Rejection(.badTime, "/time")
        }
    }

    // MARK: Answer

    private mutating func prediction(_ members: NativeMembers) throws(Rejection) -> Prediction {
        let logged: String
        if members.label.kind == RISKD_BOOLEAN {
            logged = members.label.integer == 0 ? "false" : "true"
        } else if let text = text(members.label) {
            logged = text
        } else {
            _ = try name(members.label, "/prediction/class", "prediction.class")
            preconditionFailure("a name of nothing")
        }
        let label = usable(logged, "prediction.class")
        let probabilities = probabilities(members.probabilities)
        let place = place(of: logged, members.classes, count: probabilities?.count)
        return Prediction(
            label: label,
            probability: try probability(members.probability, place.flatMap { probabilities?[$0] }),
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

    private mutating func probabilities(_ node: DocumentNode) -> [Double]? {
        guard !node.isNothing else { return nil }
        let field = "prediction.probabilities"
        do throws(Rejection) {
            let numbers = try reading.numbers(node, limit: Self.maximumClasses, "/prediction/probabilities")
            guard !numbers.isEmpty else { throw Rejection(.wrongSize, "/prediction/probabilities") }
            var values: [Double] = []
            values.reserveCapacity(numbers.count)
            for value in numbers {
                guard let clamped = clamped(value, field) else {
                    degraded.removeAll { $0.field == field && $0.reason == "clamped" }
                    throw Rejection(.outOfRange, "/prediction/probabilities")
                }
                values.append(clamped)
            }
            return values
        } catch {
            degrade(field, error.reason.rawValue)
            return nil
        }
    }

    /// Where the logged names of the classes have `label`.
    private mutating func place(of label: String, _ node: DocumentNode, count: Int?) -> Int? {
        guard !node.isNothing, let count else { return nil }
        let field = "prediction.classes"
        do throws(Rejection) {
            let classes = try reading.values(node, limit: Self.maximumClasses, "/prediction/classes")
            guard classes.count == count else { throw Rejection(.wrongSize, "/prediction/classes") }
            let wanted = Array(label.utf8)
            let place = classes.firstIndex { entry in
                entry.kind == RISKD_TEXT
                    ? entry.text.raw.elementsEqual(wanted)
                    : text(entry).map { $0.utf8.elementsEqual(wanted) } ?? false
            }
            if place == nil { degrade(field, "no_such_class") }
            return place
        } catch {
            degrade(field, error.reason.rawValue)
            return nil
        }
    }

    /// More classes than this are not read.
    private static let maximumClasses = 65_536

    // MARK: Input

    private mutating func image(_ input: LoggedTensor?) -> Image? {
        guard let input else { return nil }
        do throws(Rejection) {
            let read = try LoggedImage(input)
            if !read.isFinite { degrade("input", "not_finite") }
            return read.image
        } catch {
            degrade("input", error.reason.rawValue)
            return nil
        }
    }

    private mutating func features(_ features: LoggedTensor?) -> [Float]? {
        guard let features else { return nil }
        do throws(Rejection) {
            return try loggedFeatures(features)
        } catch {
            degrade("features", error.reason.rawValue)
            return nil
        }
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
