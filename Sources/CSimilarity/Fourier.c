#include "Fourier.h"

#include <stdlib.h>
#include <string.h>

#include "Elementary.h"
#include "KernelTable.h"

static int32_t largest_prime_factor(int32_t n) {
    int32_t largest = 1;
    for (int32_t p = 2; p <= n / p; p++) {
        while (n % p == 0) {
            largest = p;
            n /= p;
        }
    }
    return n > largest ? n : largest;
}

static int32_t inner_length(int32_t length) {
    if (largest_prime_factor(length) <= FOURIER_LARGEST_FACTOR) return length;
    int32_t inner = 1;
    while (inner < 2 * length - 1) inner *= 2;
    return inner;
}

size_t fourier_table_count(int32_t length) {
    size_t inner = (size_t)inner_length(length), count = (size_t)length;
    return 2 * inner + (inner == count ? 0 : 2 * count + 2 * inner);
}

size_t fourier_scratch_count(const fourier_plan *plan, size_t lanes) {
    // A pass writes what it reads elsewhere; Bluestein's sequences are longer than what comes in.
    return (size_t)plan->inner * lanes * (plan->inner == plan->length ? 2 : 4);
}

static void factorise(fourier_plan *plan) {
    int32_t rest = plan->inner;
    plan->factor_count = 0;
    for (int32_t p = 4; rest > 1;) {
        if (rest % p == 0) {
            plan->factors[plan->factor_count++] = p;
            rest /= p;
        } else {
            p = p == 4 ? 2 : p == 2 ? 3 : p + 2;
        }
    }
}

// k m = (k^2 + m^2 - (k - m)^2) / 2 makes a convolution of the transform.
static void make_chirp(fourier_plan *plan, double *tables) {
    enum { lanes = 8 };
    size_t n = (size_t)plan->length, inner = (size_t)plan->inner;
    double *chirp_re = tables, *chirp_im = chirp_re + n, *kernel_re = chirp_im + n, *kernel_im = kernel_re + inner;
    for (size_t k = 0; k < n; k++)
        elementary_turn((int64_t)(k * k % (2 * n)), (int64_t)(2 * n), &chirp_re[k], &chirp_im[k]);
    fourier_plan whole = *plan;
    whole.length = plan->inner;
    size_t scratch_count = fourier_scratch_count(&whole, lanes);
    double *re = calloc(2 * inner * lanes + scratch_count, sizeof(double)), *im = re + inner * lanes;
    if (!re) abort();
    for (size_t k = 0; k < n; k++) {
        size_t mirrored = k ? inner - k : 0;
        re[k * lanes] = re[mirrored * lanes] = chirp_re[k];
        im[k * lanes] = im[mirrored * lanes] = chirp_im[k];
    }
    similarity_kernels_baseline.fourier(&whole, re, im, lanes, im + inner * lanes);
    for (size_t k = 0; k < inner; k++) {
        kernel_re[k] = re[k * lanes] / (double)inner;
        kernel_im[k] = im[k * lanes] / (double)inner;
    }
    free(re);
    plan->chirp_re = chirp_re;
    plan->chirp_im = chirp_im;
    plan->kernel_re = kernel_re;
    plan->kernel_im = kernel_im;
}

void fourier_plan_make(fourier_plan *plan, int32_t length, double *tables) {
    memset(plan, 0, sizeof *plan);
    plan->length = length;
    plan->inner = inner_length(length);
    factorise(plan);
    size_t inner = (size_t)plan->inner;
    for (size_t k = 0; k < inner; k++)
        elementary_turn((int64_t)k, plan->inner, &tables[k], &tables[inner + k]);
    plan->cosines = tables;
    plan->sines = tables + inner;
    if (plan->inner != plan->length) make_chirp(plan, tables + 2 * inner);
}
