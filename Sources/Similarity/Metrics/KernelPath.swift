internal import CSimilarity

/// Which build of the kernels runs; all give the same bits.
package enum KernelPath: Int32, Hashable, Sendable, CaseIterable {
    /// For any machine.
    case baseline
    /// Needs AVX2.
    case avx2
    /// Needs AVX-512 F, BW, DQ and VL.
    case avx512
    /// Needs VBMI and VNNI beside; other windows than 7 x 7 run as `avx512`.
    case vnni

    /// The best build that this machine can run; the ones before it run too.
    package static let best = KernelPath(rawValue: similarity_best_path()) ?? .baseline

    /// The builds that this machine can run.
    package static var supported: [KernelPath] { allCases.filter { $0.rawValue <= best.rawValue } }
}
