// The functions that every build of the kernels offers.
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "CSimilarity.h"
#include "Fourier.h"

typedef struct {
    void (*statistics)(const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch);
    double (*ssim)(
        const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, double cut,
        void *scratch);
    double (*ssim_known)(
        const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, const void *own,
        double cut, void *scratch);
    double (*mse)(const uint8_t *y, const uint8_t *x, size_t count, double cut);
    void (*matmul)(
        const float *a, size_t lines, const float *b, size_t vectors, size_t inner, size_t a_stride,
        size_t b_stride, float *out, size_t out_stride);
    void (*features)(const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch);
    void (*scan)(
        const similarity_scan_query *queries, size_t count, const int8_t *const *parts, size_t first, size_t last);
    void (*fourier)(const fourier_plan *plan, double *re, double *im, size_t lanes, double *scratch);
    void (*fsim_maps)(const similarity_fsim *plan, const uint8_t *pixels, void *maps, void *scratch);
    double (*fsim_distance)(const similarity_fsim *plan, const void *first, const void *second, double cut);
    void (*scene_query)(const similarity_scene_plan *plan, const float *scene, similarity_scene_query *query);
    void (*scene_register)(
        const similarity_scene_plan *plan, const similarity_scene_query *query, const float *scene,
        similarity_scene_motion *motion);
    double (*euclidean)(const uint8_t *a, const uint8_t *b, size_t count, double scale, double cut);
} similarity_kernels;

extern const similarity_kernels similarity_kernels_baseline, similarity_kernels_avx2, similarity_kernels_avx512,
    similarity_kernels_vnni;

#endif
