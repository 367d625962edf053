// Linear algebra of signatures, part of Kernels.h. Results decide only which pairs are looked at, with slack for
// rounding, never what a finding says: so here builds may differ in the last bits and fuse multiply-add.

// How many lines and vectors are multiplied at once: as many as the machine's registers hold sums for.
#define MATMUL_VECTORS (KERNEL_FLOATS == 16 ? 4 : 3)
#define MATMUL_LINES 4

INLINE float KERNEL(sum_floats)(KERNEL(floats) a) {
    typedef float quarter __attribute__((vector_size(16)));
    quarter parts[KERNEL_FLOATS / 4], sum = {};
    memcpy(parts, &a, sizeof a);
#pragma clang loop unroll(full)
    for (int part = 0; part < KERNEL_FLOATS / 4; part++) sum += parts[part];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

// `lines` x `vectors` dot products of length `inner`, a multiple of 16.
INLINE void KERNEL(products)(
    const float *a, const float *b, float *out, size_t inner, size_t a_stride, size_t b_stride, size_t out_stride,
    int lines, int vectors) {
#pragma clang fp contract(fast)
    KERNEL(floats) sums[MATMUL_LINES][MATMUL_VECTORS] = {};
    for (size_t k = 0; k < inner; k += KERNEL_FLOATS) {
        KERNEL(floats) right[MATMUL_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) right[v] = LOAD(KERNEL(floats), b + (size_t)v * b_stride + k);
#pragma clang loop unroll(full)
        for (int line = 0; line < lines; line++) {
            KERNEL(floats) left = LOAD(KERNEL(floats), a + (size_t)line * a_stride + k);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[line][v] += left * right[v];
        }
    }
    for (int v = 0; v < vectors; v++)
        for (int line = 0; line < lines; line++)
            out[(size_t)v * out_stride + (size_t)line] = KERNEL(sum_floats)(sums[line][v]);
}

static void KERNEL(matmul)(
    const float *a, size_t lines, const float *b, size_t vectors, size_t inner, size_t a_stride, size_t b_stride,
    float *out, size_t out_stride) {
    size_t line = 0;
    for (; line + MATMUL_LINES <= lines; line += MATMUL_LINES) {
        size_t v = 0;
        const float *row = a + line * a_stride;
        for (; v + MATMUL_VECTORS <= vectors; v += MATMUL_VECTORS)
            KERNEL(products)(
                row, b + v * b_stride, out + v * out_stride + line, inner, a_stride, b_stride, out_stride,
                MATMUL_LINES, MATMUL_VECTORS);
        if (v + 2 <= vectors) {
            KERNEL(products)(
                row, b + v * b_stride, out + v * out_stride + line, inner, a_stride, b_stride, out_stride,
                MATMUL_LINES, 2);
            v += 2;
        }
        for (; v < vectors; v++)
            KERNEL(products)(
                row, b + v * b_stride, out + v * out_stride + line, inner, a_stride, b_stride, out_stride,
                MATMUL_LINES, 1);
    }
    for (; line < lines; line++)
        for (size_t v = 0; v < vectors; v++)
            KERNEL(products)(
                a + line * a_stride, b + v * b_stride, out + v * out_stride + line, inner, a_stride, b_stride,
                out_stride, 1, 1);
}
