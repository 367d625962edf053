/// What a network learns from: inputs, what each belongs to, and how much it counts.
package struct Examples: Sendable {
    /// One input and what is known of it.
    package struct Example: Sendable {
        /// `width` finite numbers.
        package var input: [Float]
        /// The place of its class.
        package var label: Int
        /// The place of the class that the served model gave it.
        package var served: Int
        /// The probability that it should get of each class; nil for all of it at `label`.
        package var target: [Float]?
        /// How much it counts in the loss; 1 is ordinary.
        package var weight: Float
        /// Whether an ordinary user sent it, as far as is known.
        package var isClean: Bool
        /// Whether it judges the network instead of teaching it.
        package var isValidation: Bool
        /// The index of the example that this one was made from; nil when it is its own.
        package var origin: Int?
        /// Whether its difference from its origin may be added to other examples.
        package var lends: Bool

        package init(
            input: [Float],
            label: Int,
            served: Int? = nil,
            target: [Float]? = nil,
            weight: Float = 1,
            isClean: Bool = true,
            isValidation: Bool = false,
            origin: Int? = nil,
            lends: Bool = false
        ) {
            self.input = input
            self.label = label
            self.served = served ?? label
            self.target = target
            self.weight = weight
            self.isClean = isClean
            self.isValidation = isValidation
            self.origin = origin
            self.lends = lends
        }
    }

    /// Numbers of one input.
    package let width: Int
    /// All inputs, row after row.
    package private(set) var inputs: [Float] = []
    /// The place of each one's class.
    package private(set) var labels: [Int] = []
    /// The place of the class that the served model gave each.
    package private(set) var served: [Int] = []
    /// The probability that each should get of each class; nil for all of it at its label.
    package private(set) var targets: [[Float]?] = []
    /// How much each counts.
    package private(set) var weights: [Float] = []
    /// Whether an ordinary user sent it.
    package private(set) var isClean: [Bool] = []
    /// Whether it judges the network instead of teaching it.
    package private(set) var isValidation: [Bool] = []
    /// The example that each was made from: its own index for clean ones.
    package private(set) var origins: [Int] = []
    /// Those whose difference from their origin may be added to others, among those that teach.
    package private(set) var lenders: [Int] = []
    /// Those that teach.
    package private(set) var training: [Int] = []
    /// Those that judge.
    package private(set) var validation: [Int] = []

    /// No examples yet.
    package init(width: Int) { self.width = width }

    /// How many there are.
    package var count: Int { labels.count }

    /// Appends an example.
    ///
    /// - Parameter example: one with `width` numbers.
    /// - Precondition: the width fits, and `origin` is the index of an earlier example.
    package mutating func append(_ example: Example) {
        precondition(example.input.count == width && example.origin.map { $0 < count } ?? true)
        if example.isValidation { validation.append(count) } else { training.append(count) }
        if example.lends, example.origin != nil, !example.isValidation { lenders.append(count) }
        origins.append(example.origin ?? count)
        inputs += example.input
        labels.append(example.label)
        served.append(example.served)
        targets.append(example.target)
        weights.append(example.weight)
        isClean.append(example.isClean)
        isValidation.append(example.isValidation)
    }

    /// Shifts and scales every column to mean 0 and deviation 1 over the clean training examples.
    ///
    /// - Returns: what was done.
    package mutating func standardize() -> Standardization {
        let rows = training.filter { isClean[$0] }
        var means = [Float](repeating: 0, count: width)
        var scales = [Float](repeating: 1, count: width)
        for column in 0..<width {
            var (sum, squares) = (0.0, 0.0)
            for row in rows {
                let value = Double(inputs[row * width + column])
                sum += value
                squares += value * value
            }
            let mean = sum / Double(max(rows.count, 1))
            let variance = max(0, squares / Double(max(rows.count, 1)) - mean * mean)
            means[column] = Float(mean)
            // A column that hardly varies says nothing, and must not be blown up.
            scales[column] = Float(max(variance.squareRoot(), 1e-3))
        }
        for row in 0..<count {
            for column in 0..<width {
                let place = row * width + column
                inputs[place] = (inputs[place] - means[column]) / scales[column]
            }
        }
        return Standardization(means: means, scales: scales)
    }
}
