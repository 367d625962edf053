// Linear algebra of signatures, part of Kernels.h. Results decide only which pairs are looked at, with slack for
// rounding, never what a finding says: so here builds may differ in the last bits and fuse multiply-add.

INLINE float KERNEL(sum_floats)(f32x16 a) {
    float sum = 0;
    for (int lane = 0; lane < 16; lane++) sum += a[lane];
    return sum;
}

// `lines` x `vectors` dot products of length `inner`, a multiple of 16.
INLINE void KERNEL(products)(
    const float *a, const float *b, float *out, size_t inner, size_t a_stride, size_t b_stride, size_t out_stride,
    int lines, int vectors) {
#pragma clang fp contract(fast)
    f32x16 sums[4][4] = {};
    for (size_t k = 0; k < inner; k += 16) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            f32x16 right = LOAD(f32x16, b + (size_t)v * b_stride + k);
#pragma clang loop unroll(full)
            for (int line = 0; line < lines; line++)
                sums[line][v] += LOAD(f32x16, a + (size_t)line * a_stride + k) * right;
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
    for (; line + 4 <= lines; line += 4) {
        size_t v = 0;
        const float *row = a + line * a_stride;
        for (; v + 4 <= vectors; v += 4)
            KERNEL(products)(
                row, b + v * b_stride, out + v * out_stride + line, inner, a_stride, b_stride, out_stride, 4, 4);
        for (; v < vectors; v++)
            KERNEL(products)(
                row, b + v * b_stride, out + v * out_stride + line, inner, a_stride, b_stride, out_stride, 4, 1);
    }
    for (; line < lines; line++)
        for (size_t v = 0; v < vectors; v++)
            KERNEL(products)(
                a + line * a_stride, b + v * b_stride, out + v * out_stride + line, inner, a_stride, b_stride,
                out_stride, 1, 1);
}
