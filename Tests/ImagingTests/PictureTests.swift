import Foundation
import Imaging
import Testing

struct PictureTests {
    @Test func `a PNG has its signature, its size, and nothing but pixels`() throws {
        let picture = try #require(
            Picture(height: 2, width: 3, channels: 1, pixels: [0, 50, 100, 150, 200, 255])
        )
        let bytes = try #require(picture.png)
        #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // IHDR: width, height, eight bits, grey.
        #expect(Array(bytes[16..<26]) == [0, 0, 0, 3, 0, 0, 0, 2, 8, 0])
        #expect(chunks(of: bytes) == ["IHDR", "sRGB", "IDAT", "IEND"])
    }

    @Test func `three channels are red, green and blue`() throws {
        let picture = try #require(Picture(height: 1, width: 1, channels: 3, pixels: [1, 2, 3]))
        let bytes = try #require(picture.png)
        #expect(bytes[25] == 2)
    }

    @Test(arguments: [
        (0, 1, 1, 0), (1, 0, 1, 0), (1, 1, 0, 0), (2, 2, 1, 3), (2, 2, 1, 5),
    ])
    func `what is no picture is none`(height: Int, width: Int, channels: Int, count: Int) {
        let pixels = [UInt8](repeating: 0, count: count)
        #expect(Picture(height: height, width: width, channels: channels, pixels: pixels) == nil)
    }

    @Test func `of four channels three are taken, of two one`() throws {
        let four = try #require(Picture(height: 1, width: 2, channels: 4, pixels: [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(four.channels == 3)
        #expect(four.pixels == [1, 2, 3, 5, 6, 7])
        let two = try #require(Picture(height: 1, width: 2, channels: 2, pixels: [1, 2, 3, 4]))
        #expect(two.pixels == [1, 3])
    }

    @Test func `a thumbnail's pixels are means, and small pictures stay`() throws {
        let picture = try #require(
            Picture(height: 2, width: 4, channels: 1, pixels: [0, 10, 20, 30, 2, 12, 22, 32])
        )
        let small = picture.thumbnail(side: 2)
        #expect((small.height, small.width) == (1, 2))
        #expect(small.pixels == [6, 26])
        #expect(picture.thumbnail(side: 4) == picture)
        let long = try #require(
            Picture(height: 1, width: 1000, channels: 1, pixels: Array(repeating: 7, count: 1000))
        )
        #expect((long.thumbnail(side: 256).height, long.thumbnail(side: 256).width) == (1, 256))
    }

    @Test func `a heat map is dark where pictures are equal and says how far they differ`() throws {
        let one = try #require(Picture(height: 1, width: 3, channels: 1, pixels: [10, 10, 10]))
        let other = try #require(Picture(height: 1, width: 3, channels: 1, pixels: [10, 60, 110]))
        let heat = try #require(one.heatMap(against: other))
        #expect(heat.largest == 100)
        #expect(heat.map.channels == 3)
        #expect(Array(heat.map.pixels[0..<3]) == [0, 0, 4])
        #expect(Array(heat.map.pixels[6..<9]) == [252, 255, 164])
        let brightness = (0..<3).map { pixel in
            heat.map.pixels[pixel * 3..<pixel * 3 + 3].reduce(0) { $0 + Int($1) }
        }
        #expect(brightness == brightness.sorted())
        let equal = try #require(one.heatMap(against: one))
        #expect(equal.largest == 0)
        let tall = try #require(Picture(height: 3, width: 1, channels: 1, pixels: [1, 2, 3]))
        #expect(one.heatMap(against: tall) == nil)
    }

    /// The kinds of a PNG's chunks, in order.
    private func chunks(of bytes: [UInt8]) -> [String] {
        var kinds: [String] = []
        var place = 8
        while place + 8 <= bytes.count {
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            kinds.append(String(decoding: bytes[place + 4..<place + 8], as: UTF8.self))
            place += 12 + length
        }
        return kinds
    }
}
