import Domain

/// Where the new images of generated traffic come from.
enum ImageSupply {
    /// Made out of recorded ones.
    case made(ImageMaker)
    /// The images of a file, one after another; round again where it holds too few.
    case recorded(ImageFile, next: Int)

    /// The shape of the images.
    var shape: ImageShape {
        switch self {
        case .made(let picture): picture.shape
        case .recorded(let file, _): file.shape
        }
    }

    /// A new image.
    mutating func make(_ generator: inout SeededGenerator) -> [UInt8] {
        switch self {
        case .made(let picture): return picture.make(&generator)
        case .recorded(let file, let next):
            self = .recorded(file, next: (next + 1) % file.count)
            return file[next]
        }
    }
}
