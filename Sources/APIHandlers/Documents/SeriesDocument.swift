import Domain
import Storage

struct SparkDocument: Encodable, Sendable {
    struct Point: Encodable, Sendable {
        let time: String
        let score: Double
    }

    let stepSeconds: Int
    let points: [Point]

    init(_ buckets: [SeriesBucket], step: Int) {
        stepSeconds = step
        points = buckets.map { Point(time: $0.begin.description, score: $0.maximum.points) }
    }
}

struct SeriesDocument: Encodable, Sendable {
    struct Point: Encodable, Sendable {
        let time: String
        let min: Double
        let max: Double
        let last: Double
        let level: String
        let samples: Int
        let queries: Int64
        let lastSample: Int64

        init(_ bucket: SeriesBucket) {
            time = bucket.begin.description
            min = bucket.minimum.points
            max = bucket.maximum.points
            last = bucket.last.points
            level = bucket.level.word
            samples = bucket.samples
            queries = bucket.queries
            lastSample = bucket.lastSample
        }
    }

    struct Marker: Encodable, Sendable {
        let time: String
        let kind: String
        let text: String

        init(_ marker: SeriesMarker) {
            time = marker.time.description
            kind = marker.kind.rawValue
            text = marker.text
        }
    }

    let entity: String
    let since: String
    let until: String
    let stepSeconds: Double
    let thresholds: ThresholdsDocument
    let points: [Point]
    let markers: [Marker]
}
