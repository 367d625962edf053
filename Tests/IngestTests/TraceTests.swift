import Domain
import Foundation
import Testing

@testable import Ingest

/// The recorded trace, decoded by the room and by Foundation.
@Suite struct TraceTests {
    @Test func `decodes every record of a recorded trace as Foundation does`() throws {
        let lines = try trace()
        #expect(lines.count == 3193)
        let decoder = RecordDecoder()
        for line in lines {
            guard case .record(let record) = decoder.decode(line) else {
                Issue.record("refused \(String(decoding: line.bytes.prefix(100), as: UTF8.self))")
                continue
            }
            let expected = try JSONDecoder().decode(Reference.self, from: Data(line.bytes))
            #expect(record.id.name == expected.id)
            #expect(record.time.description == expected.time)
            #expect(record.user.name == expected.user)
            #expect(record.model.name == expected.model)
            #expect(record.modelVersion == expected.model_version)
            #expect(record.source == expected.source)
            #expect(
                record.image?.shape.description
                    == expected.input.shape.map(String.init).joined(separator: "x")
            )
            #expect(record.image?.pixels == Array(expected.input.data))
            #expect(record.features?.count == expected.features.shape[0])
            let features = record.features?.withUnsafeBytes { Data($0) }
            #expect(features == expected.features.data)
            #expect(record.prediction.label == expected.prediction.class)
            #expect(record.prediction.probability == expected.prediction.probability)
            #expect(record.prediction.probabilities == expected.prediction.probabilities)
        }
    }

    @Test func `refuses as no JSON only what Foundation refuses, whatever is done to a record`() throws {
        var generator = SplitMix(seed: 20_260_302)
        let decoder = RecordDecoder()
        let lines = try trace().prefix(40).map(\.bytes)
        var accepted = 0
        for round in 0..<6000 {
            guard let line = lines.randomElement(using: &generator) else { continue }
            // Most bytes are base64, where any change is dull: half of the changes go to the rest.
            let bytes = mutated(line, &generator)
            switch decoder.decode(bytes) {
            case .record: accepted += 1
            case .rejected(let rejection):
                switch rejection.reason {
                case .invalidJSON where isComparable(bytes), .invalidUTF8:
                    #expect(!isJSON(bytes) as Bool, "round \(round) \(rejection.detail)")
                default: break
                }
            }
        }
        #expect(accepted > 0)
    }

    private func trace() throws -> [RawLine] {
        let path = try fixture("fashion/fashion-dev.ndjson.xz")
        let follower = FileFollower(
            configuration: FollowerConfiguration(paths: [path], once: true),
            known: []
        )
        var lines: [RawLine] = []
        var isDone = false
        while !isDone {
            let batch = try follower.poll(maximumItems: 500, maximumBytes: 1 << 20)
            for case .line(let line) in batch.items { lines.append(line) }
            isDone = batch.isCaughtUp
        }
        let (read, total) = follower.progress
        #expect(read == total)
        return lines
    }

    private func mutated(_ line: [UInt8], _ generator: inout SplitMix) -> [UInt8] {
        var bytes = line
        if Int.random(in: 0..<4, using: &generator) == 0 {
            bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let isHead = Bool.random(using: &generator)
            let index = Int.random(in: 0..<(isHead ? min(220, bytes.count) : bytes.count), using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.remove(at: index)
            default:
                bytes.insert(
                    Array(#"{}[]",:\0u1e-.tn "#.utf8).randomElement(using: &generator) ?? 0,
                    at: index
                )
            }
        }
        return bytes
    }

    private func isJSON(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    /// Foundation takes some things for JSON that are not: commas before a bracket, and its own rules for escapes.
    private func isComparable(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        return !bytes.contains(0) && !bytes.contains(0x5C) && bytes.first != 0xEF && !text.contains(",]")
            && !text.contains(",}")
    }
}

private struct Reference: Decodable {
    struct Tensor: Decodable {
        let shape: [Int]
        let data: Data
    }
    struct Answer: Decodable {
        let `class`: String
        let probability: Double
        let probabilities: [Double]
    }
    let id, time, model, model_version, user, source: String
    let input, features: Tensor
    let prediction: Answer
}
