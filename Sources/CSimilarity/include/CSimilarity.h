// Kernels of the similarity room: exact SSIM, FSIM and squared differences of 8-bit images, and distances of
// vectors, built for several instruction sets that all give the same bits.
#ifndef CSIMILARITY_H
#define CSIMILARITY_H

#include <stddef.h>
#include <stdint.h>

#include "CSimilarityFSIM.h"
#include "CSimilarityScene.h"

/// Bytes that must be readable (not meaningful) after the last pixel of every image given to a kernel.
#define SIMILARITY_PADDING 64

/// Which build of the kernels runs; larger needs more of the machine.
enum { SIMILARITY_BASELINE = 0, SIMILARITY_AVX2 = 1, SIMILARITY_AVX512 = 2, SIMILARITY_VNNI = 3 };

/// What a shape and a window mean for the kernels.
typedef struct {
    int32_t height, width, channels;
    /// Window side, odd: 7 (uniform) or 11 (gaussian), less where the image is smaller.
    int32_t window;
    int32_t gaussian;
    /// Interleaved values in a row; window rows; window positions (times channels) in a row.
    int32_t row_values, window_rows, window_values;
    /// `window_values` rounded up to whole vectors, and the length of a row of column sums.
    int32_t padded, columns;
    double weights[11];
} similarity_plan;

/// The best build that this machine can run.
int32_t similarity_best_path(void);

/// Fills `plan`; height, width and channels are at least 1.
void similarity_plan_make(
    similarity_plan *plan, int32_t height, int32_t width, int32_t channels, int32_t gaussian);

/// Bytes (64-byte aligned) for the statistics of a query, and for a call's scratch memory.
size_t similarity_statistics_bytes(const similarity_plan *plan);
size_t similarity_scratch_bytes(const similarity_plan *plan);

/// Computes the local statistics of `y`.
void similarity_statistics(
    int32_t path, const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch);

/// 1 - SSIM of `y` (with its statistics) and `x`, or infinity as soon as that is proven to exceed `cut`.
double similarity_ssim(
    int32_t path, const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x,
    double cut, void *scratch);

/// As `similarity_ssim`, to the last bit, where `own`, the statistics of `x`, are at hand; only the uniform window makes use
/// of them.
double similarity_ssim_known(
    int32_t path, const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x,
    const void *own, double cut, void *scratch);

/// Mean squared difference / 255^2, or infinity as soon as that is proven to exceed `cut`.
double similarity_mse(int32_t path, const uint8_t *y, const uint8_t *x, size_t count, double cut);

/// Which share of the squared difference of two images (row-major, interleaved) no camera makes: what is left of it after
/// the best fit of a sub-pixel shift, a blur or sharpening, and each channel's brightness and contrast, without the
/// outermost pixels; 0 … 1. It is 1 where nothing differs there, and for images of fewer than 3 rows or columns.
/// Sums are of whole numbers, so that processors and compilers agree to the last bit.
double similarity_unexplained(
    const uint8_t *later, const uint8_t *earlier, int32_t height, int32_t width, int32_t channels);

/// As `similarity_unexplained`, of values between grey levels: `later_fractions` and `earlier_fractions` lie above the
/// pixels, in 256ths; NULL where there are none.
double similarity_fine_unexplained(
    const uint8_t *later, const int8_t *later_fractions, const uint8_t *earlier, const int8_t *earlier_fractions,
    int32_t height, int32_t width, int32_t channels);

/// Mean squared difference in grey levels of values between grey levels, as those of `similarity_fine_unexplained`.
/// Sums are of whole numbers.
double similarity_fine_mse(
    const uint8_t *y, const int8_t *y_fractions, const uint8_t *x, const int8_t *x_fractions, size_t count);

/// The natural logarithm of `x` (above 0), the same to the last bit on every processor.
double similarity_log(double x);

/// The Euclidean distance of two vectors of `count` 32-bit floats (of any alignment) divided by `scale` (above 0), or
/// infinity as soon as that is proven to exceed `cut`.
double similarity_euclidean(
    int32_t path, const uint8_t *a, const uint8_t *b, size_t count, double scale, double cut);

/// The most planes that features have; the highest degree of their polynomials.
#define SIMILARITY_PLANES 6
#define SIMILARITY_DEGREE 3

/// How features of an image are made; see `SignatureFeatures` in Swift for what they mean.
typedef struct {
    similarity_plan plan;
    /// 0 means pixels as they are, times `flat`, in regions of `block_rows` x `block_columns`.
    int32_t planes;
    /// Highest degree of a window's polynomials; features by plane and window.
    int32_t degree, filters;
    /// Blocks of windows (4 x 4 to a region).
    int32_t block_rows, block_columns;
    int32_t regions, region_columns;
    /// Numbers by region, and with padding.
    int32_t length, stride;
    float taps[SIMILARITY_DEGREE + 1][11];
    float c1, c2, flat;
    /// The planes' centres: mean, variance + c2 / 2, twice the root of that, and what makes them orthonormal.
    float means[SIMILARITY_PLANES], energies[SIMILARITY_PLANES], roots[SIMILARITY_PLANES];
    float inverse[SIMILARITY_PLANES][SIMILARITY_PLANES];
} similarity_feature_plan;

/// Fills all of `features` but the planes' centres; `planes` is 0 for pixels.
void similarity_feature_plan_make(similarity_feature_plan *features, const similarity_plan *plan, int32_t planes);

/// Bytes (64-byte aligned) of a call's scratch memory.
size_t similarity_feature_scratch_bytes(const similarity_feature_plan *features);

/// Writes the features of `x`: `regions` x `stride` numbers. Padding is not written: `out` is zero before its first use.
void similarity_features(
    int32_t path, const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch);

/// `out[v][line]` = the product of row `line` of `a` and row `v` of `b`, of `inner` (a multiple of 16) values each.
void similarity_matmul(
    int32_t path, const float *a, size_t lines, const float *b, size_t vectors, size_t inner, size_t a_stride,
    size_t b_stride, float *out, size_t out_stride);

/// Coordinates of a signature. The first parts lie in blocks of 16 signatures, the last two in rows.
#define SIMILARITY_SIGNATURE 384
#define SIMILARITY_PARTS 4
#define SIMILARITY_PART 64
#define SIMILARITY_BLOCKED_PARTS 2
/// The first part's coordinates stand for twice as much as the others', so their squares count four times.
#define SIMILARITY_FIRST_WEIGHT 4
/// And they are clamped to this on either side.
#define SIMILARITY_FIRST_LIMIT 63
/// Bytes of a block: 32-bit lengths up to the end of its part, then coordinates, 4 of each signature in turn.
#define SIMILARITY_BLOCK_BYTES ((size_t)(64 + 16 * SIMILARITY_PART))
/// Bytes of a row: the lengths up to the middle and to the end of it, then its coordinates.
#define SIMILARITY_ROW_BYTES (8 + SIMILARITY_SIGNATURE - SIMILARITY_PART * SIMILARITY_BLOCKED_PARTS)

/// A signature that may be near a query's.
typedef struct {
    /// Its place.
    int32_t index;
    /// The squared distance.
    int32_t bound;
} similarity_candidate;

/// A query of `similarity_scan`.
typedef struct {
    /// Coordinates + 128.
    const uint8_t *coordinates;
    /// The squared length of the coordinates (without the 128, weighted) up to the end of each part.
    int32_t lengths[SIMILARITY_PARTS];
    /// Signatures further away than this, squared, are no candidates.
    int32_t limit;
    /// Where candidates go, room for all of a call, and how many there are.
    similarity_candidate *candidates;
    size_t *found;
} similarity_scan_query;

/// Appends the candidates among blocks `first` ..< `last` of 16 signatures each; `parts` are the blocks of the first
/// and the second part, and the rows.
///
/// A signature's stored length is the weighted sum of x^2 + 256 x over its coordinates x; one that is far below 0 is always found.
void similarity_scan(
    int32_t path, const similarity_scan_query *queries, size_t count, const int8_t *const *parts, size_t first,
    size_t last);

/// Asks for the first `count` bytes of an image before they are needed.
static inline void similarity_prefetch(const uint8_t *image, size_t count) {
    for (size_t byte = 0; byte < count; byte += 64) __builtin_prefetch(image + byte);
}

/// A 64-bit hash of `count` bytes, the same on every machine of the same byte order.
uint64_t similarity_hash(const uint8_t *bytes, size_t count);

#endif
