import Domain
import HTTPAPI
import HTTPServer
import Imaging
import Storage

extension RequestHandlers {
    /// The longest side of a picture, in pixels.
    private static let side = 256

    func image(_ call: APICall) async throws -> APIAnswer {
        let sequence = try call.number(argument: "observation")
        let read = try read(call, of: sequence, with: nil)
        let picture = try await readers.lend { try await Self.picture(sequence, $0) }
        // Before anything is sent: a look that is not in the ledger must not happen.
        try await writers.lend { try await $0.write(read) }
        return try answer(picture.picture.thumbnail(side: Self.side))
    }

    func difference(_ call: APICall) async throws -> APIAnswer {
        let sequence = try call.number(argument: "observation")
        guard let other = try call.integer("with", 1...Int64.max) else {
            throw APIFailure.invalid("with", "is required")
        }
        let read = try read(call, of: sequence, with: other)
        let (left, right) = try await readers.lend { store in
            (try await Self.picture(sequence, store), try await Self.picture(other, store))
        }
        guard left.model == right.model, let heat = left.picture.heatMap(against: right.picture) else {
            throw APIFailure.conflict("the two images are of different models or sizes")
        }
        try await writers.lend { try await $0.write(read) }
        let header = HTTPResponse.Header("X-Riskd-Largest-Difference", String(heat.largest))
        return try answer(heat.map.thumbnail(side: Self.side), headers: [header])
    }

    private func read(
        _ call: APICall,
        of sequence: Int64,
        with other: Int64?
    ) throws(APIFailure) -> ImageRead {
        guard let reason = try call.text("reason") else { throw .invalid("reason", "is required") }
        return ImageRead(
            time: call.now,
            actor: call.actor,
            observation: sequence,
            other: other,
            reason: reason,
            alert: try call.alert("alert"),
            address: call.address
        )
    }

    private static func picture(
        _ sequence: Int64,
        _ store: Store
    ) async throws -> (picture: Picture, model: ModelID) {
        guard let kept = try await store.keptObservation(sequence) else {
            throw APIFailure.notFound("there is no observation \(sequence)")
        }
        let model = kept.observation.record.model
        guard let image = try await store.input(sequence, of: model)?.image else {
            throw APIFailure.notFound("no image of observation \(sequence) is kept")
        }
        let shape = image.shape
        let picture = Picture(
            height: shape.height,
            width: shape.width,
            channels: shape.channels,
            pixels: image.pixels
        )
        guard let picture else { throw APIFailure.notFound("observation \(sequence) has no picture") }
        return (picture, model)
    }

    private func answer(_ picture: Picture, headers: [HTTPResponse.Header] = []) throws -> APIAnswer {
        guard let bytes = picture.png else { throw APIFailure.defect }
        return .png(bytes, headers: headers)
    }
}
