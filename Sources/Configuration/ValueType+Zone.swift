import Runtime

extension ValueType where Value == LogZone {
    /// A time zone.
    static var zone: ValueType {
        .scalar(
            "a time zone such as UTC, +02:00 or Europe/Berlin",
            note: "UTC, an offset such as +02:00, or a name such as Europe/Berlin",
            text: { $0.name }
        ) { given, _ in LogZone(given).map { .success($0) } }
    }
}
