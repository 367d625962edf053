// Plans of discrete Fourier transforms of any length.
//
// A transform works on `length` rows of `lanes` values (a multiple of 8) at once, real and imaginary parts apart: every
// lane is a transform of its own, so that the width of vectors changes no bit.
#ifndef FOURIER_H
#define FOURIER_H

#include <stddef.h>
#include <stdint.h>

/// The largest prime factor that is transformed by its definition; lengths with a larger one take Bluestein's detour.
#define FOURIER_LARGEST_FACTOR 31

typedef struct {
    int32_t length;
    /// The length whose `factors` are below: `length`, or a power of two for Bluestein's convolution.
    int32_t inner;
    /// Each 4, 2 or an odd prime; their product is `inner`.
    int32_t factors[32], factor_count;
    /// Cosines and sines of k / inner of a turn.
    const double *cosines, *sines;
    /// Bluestein's factors e^(i pi k^2 / length), and the transform of their sequence divided by `inner`; else null.
    const double *chirp_re, *chirp_im, *kernel_re, *kernel_im;
} fourier_plan;

/// Doubles of tables that a plan of `length` needs.
size_t fourier_table_count(int32_t length);

/// Fills `plan`, with its tables in `tables`.
void fourier_plan_make(fourier_plan *plan, int32_t length, double *tables);

/// Doubles of scratch memory that a transform needs.
size_t fourier_scratch_count(const fourier_plan *plan, size_t lanes);

#endif
