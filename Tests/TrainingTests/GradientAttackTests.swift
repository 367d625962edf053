import Testing

@testable import Training

@Suite struct GradientAttackTests {
    @Test func `an attack stays in its box, on whole grey levels, and changes the class of what it can`()
        throws
    {
        let classifier = try ClassifierNetwork(OnnxModel(recorded("fashion-full")), inputShape: [1, 28, 28])
        let images = (0..<12).flatMap { seed in
            numbers(784, seed: UInt64(seed)).map { ($0 * 255).rounded() / 255 }
        }
        let labels = classifier.probabilities(of: images).map(largest)
        let attempts = labels.enumerated().map { index, label in
            GradientAttack.Attempt(
                label: label,
                size: 12 / 255,
                steps: index % 3 == 0 ? 1 : 10,
                startsAnywhere: index % 3 == 2
            )
        }
        let attack = GradientAttack(on: classifier)
        let attacked = attack.attack(images, attempts, seed: 3)
        for (row, sent) in attacked.enumerated() {
            for (place, after) in sent.joined().enumerated() {
                let before = images[row * 784 + place % 784]
                #expect(abs(after - before) <= 12.001 / 255 && (0...1).contains(after))
                #expect(abs(after * 255 - (after * 255).rounded()) < 1e-3)
            }
            // All but the last are there because they have lost their class.
            #expect(sent.count <= 5 && Set(sent).count == sent.count)
            for image in sent.dropLast() {
                #expect(largest(classifier.probabilities(of: image)[0]) != labels[row])
            }
        }
        #expect(attacked.contains { $0.count == 5 })
        let answers = classifier.probabilities(of: attacked.flatMap { $0.last ?? [] })
        let before = classifier.probabilities(of: images)
        // Each is less sure of its class than before; most have lost it.
        for (row, label) in labels.enumerated() { #expect(answers[row][label] < before[row][label]) }
        #expect(zip(answers, labels).count { largest($0) != $1 } >= 8)
        #expect(attack.attack(images, attempts, seed: 3) == attacked)
        #expect(attack.attack(images, attempts, seed: 4) != attacked)
    }

    @Test func `a variation is an image of whole grey levels, and the seed's`() {
        let variation = BenignVariation(channels: 2, height: 6, width: 5)
        let image = numbers(60, seed: 1)
        var (one, same) = (SeededRandom(seed: 8), SeededRandom(seed: 8))
        let first = variation.image(of: image, &one)
        #expect(first == variation.image(of: image, &same))
        #expect(first != variation.image(of: image, &one))
        #expect(first.allSatisfy { (0...1).contains($0) && abs($0 * 255 - ($0 * 255).rounded()) < 1e-3 })
    }

    private func largest(_ values: [Float]) -> Int { values.firstIndex(of: values.max() ?? 0) ?? 0 }
}
