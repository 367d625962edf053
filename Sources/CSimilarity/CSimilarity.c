// Plans, and the choice of a build of the kernels.
#include "CSimilarity.h"

#include <math.h>
#include <string.h>

#include "Elementary.h"
#include "KernelTable.h"

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }
static int32_t rounded(int32_t value, int32_t step) { return (value + step - 1) / step * step; }

int32_t similarity_best_path(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        int vnni = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi");
        return vnni ? SIMILARITY_VNNI : SIMILARITY_AVX512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return SIMILARITY_AVX2;
#endif
    return SIMILARITY_BASELINE;
}

static const similarity_kernels *kernels(int32_t path) {
#if defined(__x86_64__)
    if (path == SIMILARITY_VNNI) return &similarity_kernels_vnni;
    if (path == SIMILARITY_AVX512) return &similarity_kernels_avx512;
    if (path == SIMILARITY_AVX2) return &similarity_kernels_avx2;
#else
    (void)path;
#endif
    return &similarity_kernels_baseline;
}

void similarity_plan_make(
    similarity_plan *plan, int32_t height, int32_t width, int32_t channels, int32_t gaussian) {
    memset(plan, 0, sizeof *plan);
    int32_t radius = smaller(gaussian ? 5 : 3, (smaller(height, width) - 1) / 2);
    plan->height = height;
    plan->width = width;
    plan->channels = channels;
    plan->gaussian = gaussian;
    plan->window = 2 * radius + 1;
    plan->row_values = width * channels;
    plan->window_rows = height - plan->window + 1;
    plan->window_values = (width - plan->window + 1) * channels;
    plan->padded = rounded(plan->window_values, 32);
    plan->columns = rounded(plan->padded + (plan->window - 1) * channels, 32) + 32;
    double sum = 0;
    for (int32_t k = 0; k < plan->window; k++) {
        double offset = k - radius;
        plan->weights[k] = exp(-0.5 * offset * offset / (1.5 * 1.5));
        sum += plan->weights[k];
    }
    for (int32_t k = 0; k < plan->window; k++) plan->weights[k] /= sum;
}

size_t similarity_statistics_bytes(const similarity_plan *plan) {
    size_t windows = (size_t)plan->padded * (size_t)plan->window_rows;
    return windows * (plan->gaussian ? 2 * sizeof(double) : 2 * sizeof(int32_t));
}

size_t similarity_scratch_bytes(const similarity_plan *plan) {
    size_t columns = (size_t)plan->columns, padded = (size_t)plan->padded;
    // Rows first or columns first, whichever a build does.
    size_t rows_first = padded * 3 * 8 * sizeof(int32_t), columns_first = columns * 5 * sizeof(uint16_t);
    if (!plan->gaussian) return rows_first > columns_first ? rows_first : columns_first;
    return (columns * 3 + padded * 6 * (size_t)plan->window) * sizeof(double);
}

void similarity_statistics(
    int32_t path, const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch) {
    kernels(path)->statistics(plan, y, statistics, scratch);
}

double similarity_ssim(
    int32_t path, const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x,
    double cut, void *scratch) {
    return kernels(path)->ssim(plan, y, statistics, x, cut, scratch);
}

double similarity_ssim_known(
    int32_t path, const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x,
    const void *own, double cut, void *scratch) {
    return kernels(path)->ssim_known(plan, y, statistics, x, own, cut, scratch);
}

double similarity_mse(int32_t path, const uint8_t *y, const uint8_t *x, size_t count, double cut) {
    return kernels(path)->mse(y, x, count, cut);
}

double similarity_log(double x) { return elementary_log(x); }

double similarity_euclidean(
    int32_t path, const uint8_t *a, const uint8_t *b, size_t count, double scale, double cut) {
    return kernels(path)->euclidean(a, b, count, scale, cut);
}

void similarity_fsim_maps(
    int32_t path, const similarity_fsim *plan, const uint8_t *pixels, void *maps, void *scratch) {
    kernels(path)->fsim_maps(plan, pixels, maps, scratch);
}

double similarity_fsim_distance(
    int32_t path, const similarity_fsim *plan, const void *first, const void *second, double cut) {
    return kernels(path)->fsim_distance(plan, first, second, cut);
}

void similarity_matmul(
    int32_t path, const float *a, size_t lines, const float *b, size_t vectors, size_t inner, size_t a_stride,
    size_t b_stride, float *out, size_t out_stride) {
    kernels(path)->matmul(a, lines, b, vectors, inner, a_stride, b_stride, out, out_stride);
}

void similarity_features(
    int32_t path, const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch) {
    kernels(path)->features(features, x, out, scratch);
}

void similarity_scan(
    int32_t path, const similarity_scan_query *queries, size_t count, const int8_t *const *parts, size_t first,
    size_t last) {
    kernels(path)->scan(queries, count, parts, first, last);
}

void similarity_scene_query_make(
    int32_t path, const similarity_scene_plan *plan, const float *scene, similarity_scene_query *query) {
    kernels(path)->scene_query(plan, scene, query);
}

void similarity_scene_register(
    int32_t path, const similarity_scene_plan *plan, const similarity_scene_query *query, const float *scene,
    similarity_scene_motion *motion) {
    kernels(path)->scene_register(plan, query, scene, motion);
}

uint64_t similarity_hash(const uint8_t *bytes, size_t count) {
    const uint64_t prime = 0x9E3779B97F4A7C15u;
    uint64_t lanes[4] = {count, prime, ~(uint64_t)count, prime ^ 0xC2B2AE3D27D4EB4Fu};
    size_t index = 0;
    for (; index + 32 <= count; index += 32) {
        uint64_t words[4];
        memcpy(words, bytes + index, sizeof words);
        for (int lane = 0; lane < 4; lane++) {
            lanes[lane] = (lanes[lane] ^ words[lane]) * prime;
            lanes[lane] ^= lanes[lane] >> 29;
        }
    }
    for (; index < count; index++) {
        lanes[index & 3] = (lanes[index & 3] ^ bytes[index]) * prime;
        lanes[index & 3] ^= lanes[index & 3] >> 32;
    }
    uint64_t hash = 0;
    for (int lane = 0; lane < 4; lane++) {
        hash = (hash ^ lanes[lane]) * prime;
        hash ^= hash >> 31;
    }
    return hash;
}
