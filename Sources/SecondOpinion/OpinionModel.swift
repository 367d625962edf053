/// A model that an opinion asks: the second classifier, or the backbone in front of it.
package protocol OpinionModel: Sendable {
    /// The dimensions of one input, batch first; nil where the model leaves one free.
    var inputShape: [Int?] { get }

    /// The dimensions of one output, batch first; nil where the model leaves one free.
    var outputShape: [Int?] { get }

    /// What the model makes of a batch: the same bits for the same batch, on any thread, whatever came before.
    ///
    /// - Parameters:
    ///   - input: row-major, as many numbers as `shape` says.
    ///   - shape: the dimensions, the first of which is the batch; 1 where the model does not leave it free.
    /// - Returns: the output's numbers, row-major.
    /// - Throws: `modelFailed`.
    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float]
}
