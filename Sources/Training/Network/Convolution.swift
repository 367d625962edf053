/// A convolution over planes whose edges are padded with zeros.
package struct Convolution: Hashable, Sendable {
    /// How the kernel moves down.
    package let rows: WindowAxis
    /// How the kernel moves to the right.
    package let columns: WindowAxis
    package let inputPlanes: Int
    /// Planes out.
    package let outputPlanes: Int

    /// Any convolution.
    package init(rows: WindowAxis, columns: WindowAxis, inputPlanes: Int, outputPlanes: Int) {
        self.rows = rows
        self.columns = columns
        self.inputPlanes = inputPlanes
        self.outputPlanes = outputPlanes
    }

    /// One with a 3 × 3 kernel and one line of padding: `stride` 1, or 2 to halve height and width (rounded up).
    package init(height: Int, width: Int, inputPlanes: Int, outputPlanes: Int, stride: Int = 1) {
        self.init(
            rows: WindowAxis(size: height, window: 3, stride: stride, before: 1, after: 1),
            columns: WindowAxis(size: width, window: 3, stride: stride, before: 1, after: 1),
            inputPlanes: inputPlanes,
            outputPlanes: outputPlanes
        )
    }

    /// Inputs that one output sums over.
    var patch: Int { inputPlanes * rows.window * columns.window }
    var inputCount: Int { inputPlanes * rows.size * columns.size }
    /// Places of an output plane.
    var places: Int { rows.outputs * columns.outputs }
    var outputCount: Int { outputPlanes * places }
}
