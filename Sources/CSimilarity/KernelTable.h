// The functions that every build of the kernels offers.
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "CSimilarity.h"

typedef struct {
    void (*statistics)(const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch);
    double (*ssim)(
        const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, double cut,
        void *scratch);
    void (*regions)(
        const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, float *parts,
        void *scratch);
    double (*mse)(const uint8_t *y, const uint8_t *x, size_t count, double cut);
} similarity_kernels;

extern const similarity_kernels similarity_kernels_baseline, similarity_kernels_avx2, similarity_kernels_avx512;

#endif
