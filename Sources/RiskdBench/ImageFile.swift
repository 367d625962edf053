import Domain
import Glibc

/// A file of images of one shape, as `docs/benchmarks/images.py` writes it, mapped into memory.
final class ImageFile {
    /// The file cannot be used.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    let shape: ImageShape
    let count: Int
    private let memory: UnsafeMutableRawPointer
    private let size: Int

    /// - Parameter path: the file.
    /// - Throws: `Unusable` where it is none of this kind.
    init(path: String) throws(Unusable) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unusable(description: "cannot open \(path)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 24,
            let memory = mmap(nil, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0),
            memory != MAP_FAILED
        else { throw Unusable(description: "cannot read \(path)") }
        let numbers = (0..<4).map {
            Int(UInt32(littleEndian: memory.loadUnaligned(fromByteOffset: 8 + 4 * $0, as: UInt32.self)))
        }
        let magic = UnsafeRawBufferPointer(start: memory, count: 8)
        guard magic.elementsEqual("RISKDIMG".utf8), numbers.allSatisfy({ $0 > 0 && $0 <= 1 << 30 }),
            24 + numbers.reduce(1, *) <= status.st_size
        else {
            munmap(memory, status.st_size)
            throw Unusable(description: "\(path) is not an image file of docs/benchmarks/images.py")
        }
        shape = ImageShape(height: numbers[0], width: numbers[1], channels: numbers[2])
        count = numbers[3]
        self.memory = memory
        size = status.st_size
    }

    deinit { munmap(memory, size) }

    /// The pixels of an image.
    subscript(index: Int) -> [UInt8] {
        precondition(index < count)
        return Array(UnsafeRawBufferPointer(start: memory + 24 + index * shape.count, count: shape.count))
    }
}
