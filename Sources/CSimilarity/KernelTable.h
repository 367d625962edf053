// The functions that every build of the kernels offers.
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "CSimilarity.h"

typedef struct {
    void (*statistics)(const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch);
    double (*ssim)(
        const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, double cut,
        void *scratch);
    double (*mse)(const uint8_t *y, const uint8_t *x, size_t count, double cut);
    void (*matmul)(
        const float *a, size_t lines, const float *b, size_t vectors, size_t inner, size_t a_stride,
        size_t b_stride, float *out, size_t out_stride);
    void (*features)(const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch);
    void (*scan)(
        const similarity_scan_query *queries, size_t count, const int8_t *const *parts, size_t first, size_t last);
} similarity_kernels;

extern const similarity_kernels similarity_kernels_baseline, similarity_kernels_avx2, similarity_kernels_avx512,
    similarity_kernels_vnni;

#endif
