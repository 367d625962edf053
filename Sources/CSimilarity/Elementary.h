// Elementary functions made of exactly rounded operations only: the C library's differ in the last bit between versions
// and, within one version, between processors.
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include <stdint.h>

/// Absolute error below 1e-15 where results are at most 4.
double elementary_exp(double x);
double elementary_log(double x);
double elementary_atan2(double y, double x);

/// Cosine and sine of `k` / `n` of a full turn; 0 <= k, 0 < n < 2^56.
void elementary_turn(int64_t k, int64_t n, double *cosine, double *sine);

#endif
