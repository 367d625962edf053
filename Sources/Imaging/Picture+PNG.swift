internal import CPNG

extension Picture {
    /// The picture as a PNG file without any metadata; nil when libpng has no memory.
    package var png: [UInt8]? {
        var size: png_alloc_size_t = 0
        guard write(nil, &size) else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let isWritten = bytes.withUnsafeMutableBytes { write($0.baseAddress, &size) }
        return isWritten ? Array(bytes.prefix(Int(size))) : nil
    }

    private func write(_ target: UnsafeMutableRawPointer?, _ size: inout png_alloc_size_t) -> Bool {
        pixels.withUnsafeBufferPointer { pixels in
            guard let base = pixels.baseAddress else { return false }
            return riskd_png_write(target, &size, base, UInt32(width), UInt32(height), channels == 3 ? 1 : 0)
                != 0
        }
    }
}
