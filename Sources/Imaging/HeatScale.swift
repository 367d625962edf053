/// From black over violet and orange to a light yellow: lightness rises all the way, so it can be read without colour.
enum HeatScale {
    private static let stops: [(red: Double, green: Double, blue: Double)] = [
        (0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164),
    ]

    /// The colour of an amount.
    ///
    /// - Parameter amount: 0 … 1.
    /// - Returns: red, green and blue.
    static func colour(_ amount: Double) -> [UInt8] {
        let place = min(max(amount, 0), 1) * Double(stops.count - 1)
        let index = min(Int(place), stops.count - 2)
        let (from, to, share) = (stops[index], stops[index + 1], place - Double(index))
        return [(from.red, to.red), (from.green, to.green), (from.blue, to.blue)].map { low, high in
            UInt8((low + (high - low) * share).rounded())
        }
    }
}
