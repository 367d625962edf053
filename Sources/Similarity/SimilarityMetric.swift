#if canImport(Glibc)
    import Glibc
#endif

/// How the distance of two images of the same shape is measured.
package enum SimilarityMetric: String, Hashable, Sendable, CaseIterable {
    /// 1 - mean SSIM (Wang 2004; K1 0.01, K2 0.03, data range 255), valid area, mean over channels; 0 … 2.
    case ssim
    /// Mean squared difference / 255²; 0 … 1.
    case mse
    /// The same number as `mse`, to be read with ``decibels(ofDistance:)``.
    case psnr

    /// The peak signal-to-noise ratio of two images at distance `distance` by `mse` or `psnr`.
    ///
    /// - Parameter distance: mean squared difference / 255², 0 … 1.
    /// - Returns: decibels; infinity for equal images.
    package static func decibels(ofDistance distance: Double) -> Double { -10 * log10(distance) }
}

/// The window of SSIM; images smaller than it use the largest odd window that fits.
package enum SimilarityWindow: String, Hashable, Sendable, CaseIterable {
    /// 7 x 7, equal weights, sample covariance: scikit-image's default.
    case uniform
    /// 11 x 11, sigma 1.5, population covariance: scikit-image's `gaussian_weights`, and the paper's.
    case gaussian
}
