internal import Foundation
package import Training

extension OnnxModel {
    /// Reads a model's file.
    ///
    /// - Throws: `InputError` that names the file.
    package init(file path: String) throws(InputError) {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw InputError(path, "it cannot be read")
        }
        do {
            try self.init([UInt8](bytes))
        } catch {
            throw InputError(path, "\(error)")
        }
    }
}
