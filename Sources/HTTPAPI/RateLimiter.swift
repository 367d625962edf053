import Domain
import Runtime

/// How often each caller may do something: a bucket of tokens for everybody, which fills as time passes.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var time: Timestamp
    }

    private let perMinute: Double
    private let buckets = Locked<[String: Bucket]>([:])

    /// A limiter.
    ///
    /// - Parameter perMinute: how often at most on average, and how often at once.
    init(perMinute: Int) { self.perMinute = Double(perMinute) }

    /// Takes one token.
    ///
    /// - Parameters:
    ///   - key: whose.
    ///   - now: the clock.
    /// - Returns: nil when there was one; else after how many seconds there is.
    func take(_ key: String, now: Timestamp) -> Int? {
        buckets.withLock { buckets in
            if buckets.count > 10_000 {
                // What is full again says nothing.
                buckets = buckets.filter { level(of: $0.value, now) < perMinute }
                if buckets.count > 10_000 { buckets = [:] }
            }
            let bucket = buckets[key]
            let tokens = bucket.map { level(of: $0, now) } ?? perMinute
            guard tokens >= 1 else { return Int(((1 - tokens) * 60 / perMinute).rounded(.up)) }
            buckets[key] = Bucket(tokens: tokens - 1, time: now)
            return nil
        }
    }

    private func level(of bucket: Bucket, _ now: Timestamp) -> Double {
        let passed = Double(max(0, now.milliseconds - bucket.time.milliseconds))
        return min(perMinute, bucket.tokens + passed * perMinute / 60_000)
    }
}
