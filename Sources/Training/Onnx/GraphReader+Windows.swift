extension GraphReader {
    /// How the window of a convolution or pooling moves.
    ///
    /// - Throws: `wrongModel` for what a ``WindowAxis`` cannot say.
    func windows(
        _ node: OnnxNode,
        kernel: [Int]
    ) throws(TrainingError) -> (rows: WindowAxis, columns: WindowAxis) {
        let strides = try node.integers("strides") ?? [1, 1]
        var pads = try node.integers("pads") ?? [0, 0, 0, 0]
        let automatic = node.text("auto_pad") ?? "NOTSET"
        guard strides.count == 2, pads.count == 4, kernel.allSatisfy({ $0 > 0 }),
            strides.allSatisfy({ $0 > 0 }), pads.allSatisfy({ $0 >= 0 })
        else { throw unfit(node, "has other dimensions than two") }
        if automatic.hasPrefix("SAME") {
            for side in 0..<2 {
                let size = shape[1 + side]
                let outputs = (size + strides[side] - 1) / strides[side]
                let total = max(0, (outputs - 1) * strides[side] + kernel[side] - size)
                pads[side] = automatic == "SAME_LOWER" ? (total + 1) / 2 : total / 2
                pads[side + 2] = total - pads[side]
            }
        }
        func axis(_ side: Int) -> WindowAxis {
            WindowAxis(
                size: shape[1 + side],
                window: kernel[side],
                stride: strides[side],
                before: pads[side],
                after: pads[side + 2]
            )
        }
        let axes = [axis(0), axis(1)]
        for axis in axes {
            let rest = axis.size + axis.before + axis.after - axis.window
            guard rest >= 0, axis.before < axis.window, axis.after < axis.window else {
                throw unfit(node, "has a window that is larger than its plane, or smaller than its padding")
            }
            guard node.integer("ceil_mode") ?? 0 == 0 || rest % axis.stride == 0 else {
                throw unfit(node, "rounds up (ceil_mode)")
            }
        }
        return (axes[0], axes[1])
    }
}
