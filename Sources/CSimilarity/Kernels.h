// The kernels' one source, included once per instruction set with KERNEL(name) naming that build.
//
// For distances, every build does the same IEEE operations on the same 16 virtual lanes in the same order, and
// contraction to fused multiply-add is off, so all builds give the same bits; nothing there may use approximations.
//
// With e = x - y and sums over a window of NP pixels, 1 - S1 S2 is written without cancellation, from exact integers:
// u = (sum e)^2, v = NP sum e^2 - u, n1 = 2 sx sy + c1, d1 = u + n1, d2 = NP (sxx + syy) - sx^2 - sy^2 + c2,
//     1 - S1 S2 = (u d2 + v n1) / (d1 d2),
// in which nothing is negative: partial sums only grow, in floating point too. That is what early abandoning needs.

#include <float.h>
#include <math.h>
#include <string.h>

#include "CSimilarity.h"
#include "FSIM.h"
#include "KernelTable.h"

// Vectors wider than the machine's registers are only ever passed between functions that are inlined.
#pragma clang diagnostic ignored "-Wpsabi"
// Loops are unrolled where the common shapes make their lengths constants; for the others they need not be.
#pragma clang diagnostic ignored "-Wpass-failed"

#define INLINE static inline __attribute__((always_inline))

typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));
typedef double f64x16 __attribute__((vector_size(128)));
typedef double f64x8 __attribute__((vector_size(64)));
typedef uint8_t u8x8 __attribute__((vector_size(8)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef int64_t i64x8 __attribute__((vector_size(64)));

// As many numbers as one register of the machine holds, for what need not be the same in all builds.
#if defined(KERNEL_AVX512)
#define KERNEL_FLOATS 16
typedef f32x16 KERNEL(floats);
typedef i32x16 KERNEL(integers);
#else
#define KERNEL_FLOATS 8
typedef float KERNEL(floats) __attribute__((vector_size(32)));
typedef i32x8 KERNEL(integers);
#endif

#define LOAD(type, address) ({ type value_; memcpy(&value_, (address), sizeof value_); value_; })
#define STORE(address, value) ({ __typeof__(value) value_ = (value); memcpy((address), &value_, sizeof value_); })

INLINE double KERNEL(sum8)(f64x8 a) {
    return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

INLINE double KERNEL(sum16)(f64x16 a) {
    f64x8 low = __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7);
    f64x8 high = __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
    return KERNEL(sum8)(low + high);
}

INLINE i32x16 KERNEL(lanes)(int32_t first) {
    i32x16 step = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return step + first;
}

// MARK: uniform window

typedef struct {
    f32x16 numerator, denominator;
} KERNEL(fraction);

// (u d2 + v n1) / (d1 d2) of 16 window positions, not yet divided, from its integers; p = 2 sx sy.
INLINE KERNEL(fraction) KERNEL(fraction_of)(i32x16 u, i32x16 v, i32x16 p, i32x16 variances, float c1, float c2) {
    f32x16 fu = __builtin_convertvector(u, f32x16), fv = __builtin_convertvector(v, f32x16);
    f32x16 n1 = __builtin_convertvector(p, f32x16) + c1, d2 = __builtin_convertvector(variances, f32x16) + c2;
    KERNEL(fraction) result = {fu * d2 + fv * n1, (fu + n1) * d2};
    return result;
}

// A row of an image's statistics: by window, the sum of its pixels (as `terms` wants it) and NP times that of their squares.
#ifdef KERNEL_VNNI
typedef uint32_t KERNEL(sum);
#else
typedef uint16_t KERNEL(sum);
#endif
typedef struct {
    const KERNEL(sum) *sums;
    const int32_t *squares;
} KERNEL(row);

INLINE KERNEL(row) KERNEL(row_of)(const similarity_plan *plan, const void *statistics, ptrdiff_t row) {
    const int32_t *squares = statistics;
    KERNEL(row) result;
    result.sums = (const KERNEL(sum) *)(squares + plan->padded * plan->window_rows) + row * plan->padded;
    result.squares = squares + row * plan->padded;
    return result;
}

#ifdef KERNEL_VNNI
#include "KernelsVNNI.h"
#else
#include "KernelsColumns.h"
#endif

INLINE KERNEL(fraction) KERNEL(masked)(KERNEL(fraction) fraction, ptrdiff_t j, int32_t count) {
    i32x16 inside = KERNEL(lanes)((int32_t)j) < count;
    f32x16 one = (f32x16){} + 1.0f;
    i32x16 numerator = (i32x16)fraction.numerator & inside;
    i32x16 denominator = ((i32x16)fraction.denominator & inside) | ((i32x16)one & ~inside);
    KERNEL(fraction) result = {(f32x16)numerator, (f32x16)denominator};
    return result;
}

INLINE float KERNEL(c1)(int32_t taps) { return 6.5025f * (float)(taps * taps * taps * taps); }

// Both constants are scaled as the sums are: C1 by NP^2, C2 by NP (NP - 1). One pixel alone has no sample
// variance; it counts as 0, so any positive constant serves there.
INLINE float KERNEL(c2)(int32_t taps) {
    int32_t np = taps * taps;
    return np == 1 ? 58.5225f : (float)(58.5225 * np * (np - 1));
}

// A row of windows: x's own sums are made on the way, or were made before.
#define TERMS(j) \
    (known ? KERNEL(known_terms)(plan, sums, yr, xr, (j), stride, taps, c1, c2) \
           : KERNEL(terms)(plan, sums, yr, (j), stride, taps, c1, c2))
#define PUSH(row) \
    (known ? KERNEL(push_products)(plan, sums, y, x, (row), taps) : KERNEL(push)(plan, sums, y, x, (row), taps))

// `own` are the statistics of x where they are `known`, which is a constant.
INLINE double KERNEL(uniform_distance)(
    const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, const void *own, int known,
    double cut, void *scratch, ptrdiff_t stride, int32_t taps) {
    KERNEL(sums) sums = KERNEL(sums_in)(plan, scratch);
    for (int32_t row = 0; row < taps - 1; row++) PUSH(row);
    float c1 = KERNEL(c1)(taps);
    float c2 = KERNEL(c2)(taps);
    int32_t count = plan->window_values;
    double all = (double)count * plan->window_rows;
    f64x16 total = {};
    for (int32_t row = 0; row < plan->window_rows; row++) {
        KERNEL(row) yr = KERNEL(row_of)(plan, statistics, row), xr = known ? KERNEL(row_of)(plan, own, row) : yr;
        PUSH(row + taps - 1);
        for (ptrdiff_t j = 0; j < count; j += 32) {
            KERNEL(fraction) a = TERMS(j);
            if (j + 32 > count) a = KERNEL(masked)(a, j, count);
            f32x16 sum;
            if (j + 16 < count) {
                KERNEL(fraction) b = TERMS(j + 16);
                if (j + 32 > count) b = KERNEL(masked)(b, j + 16, count);
                // One division for two fractions; the products stay below 1e35.
                sum = (a.numerator * b.denominator + b.numerator * a.denominator) / (a.denominator * b.denominator);
            } else {
                // As with fractions of 0 / 1.
                sum = a.numerator / a.denominator;
            }
            total += __builtin_convertvector(sum, f64x16);
        }
        if ((row & 1) && KERNEL(sum16)(total) / all > cut) return INFINITY;
    }
    double distance = KERNEL(sum16)(total) / all;
    return distance > cut ? INFINITY : distance;
}

#include "KernelsGaussian.h"
#include "KernelsFeatures.h"
#include "KernelsScan.h"
#include "KernelsSignature.h"

// MARK: squared differences

static double KERNEL(mse)(const uint8_t *y, const uint8_t *x, size_t count, double cut) {
    double scale = (double)count * 65025.0;
    uint64_t total = 0;
    for (size_t first = 0; first < count; first += 1024) {
        size_t last = count - first < 1024 ? count : first + 1024;
        uint32_t sum = 0;
        for (size_t i = first; i < last; i++) {
            int16_t e = (int16_t)((int16_t)x[i] - (int16_t)y[i]);
            sum += (uint32_t)((int32_t)e * (int32_t)e);
        }
        total += sum;
        if ((double)total / scale > cut) return INFINITY;
    }
    return (double)total / scale;
}

#include "KernelsFourier.h"
#include "KernelsFSIM.h"
#include "KernelsFSIMPair.h"
#include "KernelsEuclidean.h"
#include "KernelsScene.h"

// MARK: entry points

#ifdef KERNEL_VNNI
#define UNLESS_SERVED(call) if (!KERNEL(serves)(plan)) return similarity_kernels_avx512.call
#else
#define UNLESS_SERVED(call)
#endif

static void KERNEL(statistics)(
    const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch) {
    UNLESS_SERVED(statistics(plan, y, statistics, scratch));
    if (plan->gaussian) KERNEL(gaussian_statistics)(plan, y, statistics, scratch);
    else if (plan->window == 7) KERNEL(uniform_statistics)(plan, y, statistics, scratch, 7);
    else KERNEL(uniform_statistics)(plan, y, statistics, scratch, plan->window);
}

// The window's side must be a constant for the inner loop to unroll; strides 1 and 3 are the common ones.
INLINE double KERNEL(uniform_ssim)(
    const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, const void *own, int known,
    double cut, void *scratch) {
#define WITH(stride, taps) \
    KERNEL(uniform_distance)(plan, y, statistics, x, own, known, cut, scratch, stride, taps)
    switch (plan->window) {
    case 1: return WITH(plan->channels, 1);
    case 3: return WITH(plan->channels, 3);
    case 5: return WITH(plan->channels, 5);
    default:
        if (plan->channels == 3) return WITH(3, 7);
        return WITH(plan->channels, 7);
    }
#undef WITH
}

static double KERNEL(ssim)(
    const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, double cut,
    void *scratch) {
    UNLESS_SERVED(ssim(plan, y, statistics, x, cut, scratch));
    if (plan->gaussian) return KERNEL(gaussian_distance)(plan, y, statistics, x, cut, scratch);
    return KERNEL(uniform_ssim)(plan, y, statistics, x, NULL, 0, cut, scratch);
}

// The gaussian window has no use for x's statistics.
static double KERNEL(ssim_known)(
    const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, const void *own, double cut,
    void *scratch) {
    UNLESS_SERVED(ssim_known(plan, y, statistics, x, own, cut, scratch));
    if (plan->gaussian) return KERNEL(gaussian_distance)(plan, y, statistics, x, cut, scratch);
    return KERNEL(uniform_ssim)(plan, y, statistics, x, own, 1, cut, scratch);
}

const similarity_kernels KERNEL(similarity_kernels) = {
    .statistics = KERNEL(statistics), .ssim = KERNEL(ssim), .ssim_known = KERNEL(ssim_known), .mse = KERNEL(mse),
    .matmul = KERNEL(matmul), .features = KERNEL(features), .scan = KERNEL(scan), .fourier = KERNEL(fourier_transform),
    .fsim_maps = KERNEL(fsim_maps), .fsim_distance = KERNEL(fsim_distance), .euclidean = KERNEL(euclidean),
    .scene_query = KERNEL(scene_query), .scene_register = KERNEL(scene_register),
};
