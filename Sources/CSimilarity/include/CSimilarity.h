// Kernels of the similarity room: exact SSIM, FSIM and squared differences of 8-bit images, and distances of
// vectors, built for several instruction sets that all give the same bits.
#ifndef CSIMILARITY_H
#define CSIMILARITY_H

#include <stddef.h>
#include <stdint.h>

#include "CSimilarityFSIM.h"

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
    /// How many bands of rows and of columns the window positions are split into for `similarity_regions`.
    int32_t region_rows, region_columns;
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

/// The parts of SSIM by region, row band-major, then column band, then channel; they sum to SSIM.
void similarity_regions(
    int32_t path, const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x,
    float *parts, void *scratch);

/// Bytes (64-byte aligned) for what makes `similarity_outline_regions` fast; 0 where that is not to be used.
size_t similarity_outline_bytes(int32_t path, const similarity_plan *plan);

/// Writes the outline of an image with these statistics.
void similarity_outline(int32_t path, const similarity_plan *plan, const void *statistics, void *outline);

/// As `similarity_regions`, but only approximate in the last bits, of two images with their outlines.
void similarity_outline_regions(
    int32_t path, const similarity_plan *plan, const uint8_t *y, const void *outline_y, const uint8_t *x,
    const void *outline_x, float *parts, void *scratch);

/// Mean squared difference / 255^2, or infinity as soon as that is proven to exceed `cut`.
double similarity_mse(int32_t path, const uint8_t *y, const uint8_t *x, size_t count, double cut);

/// The Euclidean distance of two vectors of `count` 32-bit floats (of any alignment) divided by `scale` (above 0), or
/// infinity as soon as that is proven to exceed `cut`.
double similarity_euclidean(
    int32_t path, const uint8_t *a, const uint8_t *b, size_t count, double scale, double cut);

/// Coordinates of a signature.
#define SIMILARITY_SIGNATURE 256

/// `out[v][line]` = the product of row `line` of `a` and row `v` of `b`, of `inner` (a multiple of 16) values each.
void similarity_matmul(
    int32_t path, const float *a, size_t lines, const float *b, size_t vectors, size_t inner, size_t a_stride,
    size_t b_stride, float *out, size_t out_stride);

/// Squared distances of `query` and `count` signatures; beyond `limit` a distance may be any number beyond `limit`.
void similarity_scan(
    int32_t path, const int16_t *query, const int16_t *signatures, size_t count, int32_t limit, int32_t *bounds);

/// A 64-bit hash of `count` bytes, the same on every machine of the same byte order.
uint64_t similarity_hash(const uint8_t *bytes, size_t count);

#endif
