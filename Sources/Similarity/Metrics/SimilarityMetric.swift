#if canImport(Glibc)
    import Glibc
#endif

/// How the distance of two inputs of the same shape is measured.
package enum SimilarityMetric: String, Hashable, Sendable, CaseIterable {
    /// 1 - mean SSIM (Wang 2004; K1 0.01, K2 0.03, data range 255), valid area, mean over channels; 0 … 2.
    case ssim
    /// Mean squared difference / 255²; 0 … 1.
    case mse
    /// The same number as `mse`, to be read with ``decibels(ofDistance:)``.
    case psnr
    /// 1 - FSIM (Zhang 2011) on luminance; 0 … 1.
    ///
    /// Three channels count as RGB and become the Y of YIQ, other numbers of channels become their mean: this is FSIM,
    /// not FSIMc, and PyPI's `piq.fsim(x, y, data_range=255, chromatic=False)`. Images are averaged over squares of
    /// side `max(1, round(min(height, width) / 256))` first.
    case fsim
    /// |a - b| / (|a| + |b|) of the logged feature vectors, |·| Euclidean; 0 … 1, whatever the features' scale.
    ///
    /// It is a metric (Klamkin and Meir, Ptolemy's inequality, chordal metric, multiplicative metric, 1982).
    case features

    /// What proves most pairs too far apart without computing them; nil where every pair is computed.
    package var bound: DistanceBound? {
        switch self {
        case .ssim, .mse, .psnr: .projection
        case .features: .norm
        case .fsim: nil
        }
    }

    /// The peak signal-to-noise ratio of two images at distance `distance` by `mse` or `psnr`.
    ///
    /// - Parameter distance: mean squared difference / 255², 0 … 1.
    /// - Returns: decibels; infinity for equal images.
    package static func decibels(ofDistance distance: Double) -> Double { -10 * log10(distance) }
}

/// What a lower bound of a distance rests on.
package enum DistanceBound: Hashable, Sendable {
    /// The root of the distance is one of a Hilbert space: projections are never further apart, and the triangle
    /// inequality holds.
    case projection
    /// |a - b| is at least the difference of |a| and |b|.
    case norm
}

/// The window of SSIM; images smaller than it use the largest odd window that fits.
package enum SimilarityWindow: String, Hashable, Sendable, CaseIterable {
    /// 7 x 7, equal weights, sample covariance: scikit-image's default.
    case uniform
    /// 11 x 11, sigma 1.5, population covariance: scikit-image's `gaussian_weights`, and the paper's.
    case gaussian
}
