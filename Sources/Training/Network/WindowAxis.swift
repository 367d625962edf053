/// How a window moves along one side of a plane, whose edges are padded.
package struct WindowAxis: Hashable, Sendable {
    /// Places along the side.
    package let size: Int
    /// Places in the window.
    package let window: Int
    /// Places from one window to the next.
    package let stride: Int
    /// Places of padding before the first.
    package let before: Int
    /// Places of padding after the last.
    package let after: Int

    package init(size: Int, window: Int, stride: Int = 1, before: Int = 0, after: Int = 0) {
        self.size = size
        self.window = window
        self.stride = stride
        self.before = before
        self.after = after
    }

    /// Windows that fit.
    package var outputs: Int { max(0, (size + before + after - window) / stride + 1) }

    /// The windows whose place `offset`, counted from 0, is not padding.
    func outputsInside(at offset: Int) -> Range<Int> {
        let shift = offset - before
        let first = shift < 0 ? (stride - 1 - shift) / stride : 0
        let last = size - 1 - shift
        guard last >= 0 else { return 0..<0 }
        return min(first, outputs)..<max(min(first, outputs), min(outputs, last / stride + 1))
    }
}
