import Domain
import Foundation
import Testing

@testable import Similarity

struct FSIMTests {
    private struct Stored: Decodable {
        struct Picture: Decodable {
            let shape: [Int]
            let pixels: Data
        }
        struct Pair: Decodable {
            let name: String
            let a: Int
            let b: Int
            let enlarged: Int
            let fsim: Double
        }
        let images: [Picture]
        let pairs: [Pair]

        /// The images of a pair, every pixel repeated `enlarged` times in both directions.
        func images(of pair: Pair) -> (Image, Image) {
            (image(images[pair.a], enlarged: pair.enlarged), image(images[pair.b], enlarged: pair.enlarged))
        }

        private func image(_ picture: Picture, enlarged factor: Int) -> Image {
            let (height, width, channels) = (picture.shape[0], picture.shape[1], picture.shape[2])
            let shape = ImageShape(height: height * factor, width: width * factor, channels: channels)
            let pixels = (0..<shape.count).map { index in
                let (row, column) = (index / channels / shape.width, index / channels % shape.width)
                return picture.pixels[(row / factor * width + column / factor) * channels + index % channels]
            }
            return Image(shape: shape, pixels: pixels)
        }
    }

    private let stored: Stored

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/fsim.json")
        stored = try JSONDecoder().decode(Stored.self, from: Data(contentsOf: file))
        #expect(stored.pairs.count == 27)
    }

    @Test func `FSIM agrees with piq to 1e-4`() {
        for pair in stored.pairs {
            let (a, b) = stored.images(of: pair)
            let distance = similarityDistance(a, b, metric: .fsim)
            #expect(abs(distance - (1 - pair.fsim)) < 1e-5, "\(pair.name) \(distance) \(1 - pair.fsim)")
        }
    }

    @Test func `every build gives the same bits, in both orders, and 0 for equal images`() {
        for pair in stored.pairs {
            let (a, b) = stored.images(of: pair)
            let exact = similarityDistance(a, b, metric: .fsim, path: .baseline)
            for path in KernelPath.supported {
                let measure = FSIMMeasure(shape: a.shape, path: path)
                #expect(maps(of: a, measure) == maps(of: a, FSIMMeasure(shape: a.shape, path: .baseline)))
                #expect(measure.distance(b.pixels, a.pixels).bitPattern == exact.bitPattern, "\(pair.name)")
                #expect(measure.distance(a.pixels, a.pixels) == 0)
                for cut in [0, exact / 2, exact.nextDown, exact, exact.nextUp, exact * 2] {
                    let found = measure.distance(a.pixels, b.pixels, cut: cut)
                    #expect(found == (exact <= cut ? exact : .infinity))
                }
            }
        }
    }

    /// Sides of every kind of Fourier pass: 1, powers of two and four, odd primes, and primes too large for a pass.
    @Test(arguments: [
        (1, 1, 1), (1, 40, 3), (2, 2, 1), (3, 5, 2), (7, 32, 1), (11, 13, 4), (31, 25, 3), (37, 64, 1),
        (9, 127, 1),
    ])
    func `any shape has distances between 0 and 1`(height: Int, width: Int, channels: Int) {
        var random = SeededGenerator(seed: 8)
        let shape = ImageShape(height: height, width: width, channels: channels)
        let flat = Image(shape: shape, pixels: Array(repeating: 77, count: shape.count))
        for _ in 0..<5 {
            let a = naturalImage(shape, using: &random)
            for b in [naturalImage(shape, using: &random), flat] {
                let distance = similarityDistance(a, b, metric: .fsim)
                #expect((0...1).contains(distance), "\(shape) \(distance)")
                #expect(similarityDistance(b, a, metric: .fsim) == distance)
            }
            #expect(similarityDistance(a, a, metric: .fsim) == 0)
        }
        // No filter sees brightness, and the gradient of a flat image is that of its border alone.
        #expect(similarityDistance(flat, flat, metric: .fsim) == 0)
    }

    private func maps(of image: Image, _ measure: FSIMMeasure) -> [UInt8] {
        let pixels = PixelBuffer(stride: image.shape.count, capacity: 1)
        pixels.set(0, to: image.pixels)
        let profiles = ProfileStore(stride: measure.profileBytes, capacity: 1)
        profiles.extend(to: 1)
        return withExtendedLifetime((pixels, profiles)) {
            measure.writeProfile(of: pixels[0], to: profiles[0])
            return Array(UnsafeRawBufferPointer(start: profiles[0], count: measure.profileBytes))
        }
    }
}
