/// An error that is several lines, each of which says where: they are written as they are.
package protocol ProblemList: Error {
    /// At least one, such as `FILE:LINE:COLUMN: what is wrong`.
    var lines: [String] { get }
}
