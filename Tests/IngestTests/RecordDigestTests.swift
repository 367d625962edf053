import Domain
import Foundation
import Testing

@testable import Ingest

/// What tells a record from another one is what is scored of it.
@Suite struct RecordDigestTests {
    private let full: [String: String] = [
        "input": #"{"shape":[1,3],"dtype":"uint8","data":"AAEC"}"#,
        "features": #"{"dtype":"float32","shape":[1],"data":"AACAPw=="}"#,
        "prediction": #"{"class":"cat","probability":0.5,"probabilities":[0.5,0.3]}"#,
    ]

    @Test func `the same content has the same digest, whatever it is called and however it is written`() {
        let same: [[String: String]] = [
            [:], ["id": #""another""#], ["source": #""10.0.0.1""#, "model_version": "7"], ["extra": "NaN"],
            ["time": #""2026-03-02T09:08:17.995+01:00""#], ["time": "1772438897995"], ["user": #""\u0075""#],
            ["input": #"{"dtype":"uint8","shape":[1,3,1],"data":"AAEC"}"#],
            ["prediction": #"{"probability":"0.50","probabilities":[0.5,0.3],"class":"cat"}"#],
        ]
        #expect(Set(same.map { digest($0) }).count == 1)
    }

    @Test func `every other content has another digest`() {
        let others: [[String: String]] = [
            [:], ["user": #""v""#], ["model": #""u""#, "user": #""m""#], ["time": "1772438897996"],
            ["input": ""],
            ["input": #"{"shape":[3,1],"dtype":"uint8","data":"AAEC"}"#],
            ["input": #"{"shape":[1,3],"dtype":"uint8","data":"AAED"}"#], ["features": ""],
            ["features": #"{"dtype":"float32","shape":[1],"data":"AACAvw=="}"#],
            ["prediction": #"{"class":"dog","probability":0.5,"probabilities":[0.5,0.3]}"#],
            ["prediction": #"{"class":"cat","probability":0.51,"probabilities":[0.5,0.3]}"#],
            ["prediction": #"{"class":"cat","probability":0.5,"probabilities":[0.5,0.4]}"#],
            ["prediction": #"{"class":"cat","probability":0.5}"#],
        ]
        #expect(Set(others.map { digest($0) }).count == others.count)
    }

    @Test func `float images differ where their values do, though no grey level does`() throws {
        let values: [Float] = [0.5, 0.25, 1]
        let tiny = [Float(0.5).nextUp, 0.25, 1]
        let images = try [values, tiny].map { try #require(image($0)) }
        #expect(images[0].pixels == images[1].pixels && images[0].fractions == images[1].fractions)
        #expect(images[0].sent != nil && images[0].sent != images[1].sent)
        #expect(try #require(image(values)).sent == images[0].sent)
    }

    @Test func `what lies between grey levels is kept in 256ths`() throws {
        let levels: [Double] = [0, 10.45, 9.55, 127.5, 254.501, 255, 300, 3.001]
        let read = try #require(image(levels.map { Float($0 / 255) }))
        #expect(read.pixels == [0, 10, 10, 128, 255, 255, 255, 3])
        #expect(read.fractions == [0, 115, -115, -128, -128, 0, 0, 0])
        #expect(try #require(image([0, 1, 128 / 255])).fractions == nil)
    }

    private func digest(_ changes: [String: String]) -> Digest128? {
        let line = sample(full.merging(changes) { $1 })
        guard case .record(let record) = RecordDecoder().decode(Array(line.utf8)) else { return nil }
        #expect(record.digest != .unknown)
        return record.digest
    }

    private func image(_ values: [Float]) -> Image? {
        let data = values.withUnsafeBytes { Data($0) }.base64EncodedString()
        let line = sample([
            "input": #"{"shape":[1,\#(values.count)],"dtype":"float32","range":[0,1],"data":"\#(data)"}"#
        ])
        guard case .record(let record) = RecordDecoder().decode(Array(line.utf8)) else { return nil }
        return record.image
    }
}
