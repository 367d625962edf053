// Sums of the uniform window, columns first: running sums of columns, added up across. Part of Kernels.h.

typedef struct {
    uint16_t *s;
    int32_t *xx, *xy;
    void *rest;
} KERNEL(sums);

INLINE KERNEL(sums) KERNEL(sums_in)(const similarity_plan *plan, void *scratch) {
    size_t columns = (size_t)plan->columns;
    KERNEL(sums) sums;
    sums.xx = scratch;
    sums.xy = sums.xx + columns;
    sums.s = (uint16_t *)(sums.xy + columns);
    sums.rest = sums.s + columns;
    memset(scratch, 0, columns * (2 * sizeof(int32_t) + sizeof(uint16_t)));
    return sums;
}

// Adds row `row` of x, x^2 and x y to the column sums, and takes row `row - window` off.
INLINE void KERNEL(push)(
    const similarity_plan *plan, KERNEL(sums) sums, const uint8_t *y, const uint8_t *x, int32_t row,
    int32_t taps) {
    ptrdiff_t n = plan->row_values;
    const uint8_t *xn = x + row * n, *yn = y + row * n;
    ptrdiff_t back = taps * n;
    if (row < taps) {
        for (ptrdiff_t j = 0; j < n; j += 16) {
            u16x16 a = __builtin_convertvector(LOAD(u8x16, xn + j), u16x16);
            u16x16 b = __builtin_convertvector(LOAD(u8x16, yn + j), u16x16);
            STORE(sums.s + j, LOAD(u16x16, sums.s + j) + a);
            STORE(sums.xx + j, LOAD(i32x16, sums.xx + j) + __builtin_convertvector(a * a, i32x16));
            STORE(sums.xy + j, LOAD(i32x16, sums.xy + j) + __builtin_convertvector(a * b, i32x16));
        }
        return;
    }
    for (ptrdiff_t j = 0; j < n; j += 16) {
        u16x16 a = __builtin_convertvector(LOAD(u8x16, xn + j), u16x16);
        u16x16 b = __builtin_convertvector(LOAD(u8x16, yn + j), u16x16);
        u16x16 c = __builtin_convertvector(LOAD(u8x16, xn + j - back), u16x16);
        u16x16 d = __builtin_convertvector(LOAD(u8x16, yn + j - back), u16x16);
        STORE(sums.s + j, LOAD(u16x16, sums.s + j) + a - c);
        i32x16 xx = __builtin_convertvector(a * a, i32x16) - __builtin_convertvector(c * c, i32x16);
        i32x16 xy = __builtin_convertvector(a * b, i32x16) - __builtin_convertvector(c * d, i32x16);
        STORE(sums.xx + j, LOAD(i32x16, sums.xx + j) + xx);
        STORE(sums.xy + j, LOAD(i32x16, sums.xy + j) + xy);
    }
}

// (u d2 + v n1) / (d1 d2) of 16 window positions, not yet divided.
INLINE KERNEL(fraction) KERNEL(terms)(
    const similarity_plan *plan, KERNEL(sums) sums, const uint32_t *sy, const int32_t *nyy, ptrdiff_t j,
    ptrdiff_t stride, int32_t taps, float c1, float c2) {
    (void)plan;
    u16x16 s16 = LOAD(u16x16, sums.s + j);
    i32x16 xx = LOAD(i32x16, sums.xx + j), xy = LOAD(i32x16, sums.xy + j);
#pragma clang loop unroll(full)
    for (int32_t k = 1; k < taps; k++) {
        s16 += LOAD(u16x16, sums.s + j + k * stride);
        xx += LOAD(i32x16, sums.xx + j + k * stride);
        xy += LOAD(i32x16, sums.xy + j + k * stride);
    }
    int32_t np = taps * taps;
    // A window's sum has 14 bits (49 x 255); saying so lets the compiler use a 16-bit multiplication.
    i32x16 s = __builtin_convertvector(s16 & (uint16_t)0x3FFF, i32x16);
    i32x16 t = LOAD(i32x16, sy + j) & 0x3FFF;
    i32x16 e = s - t;
    i32x16 u = e * e, p = s * t;
    p += p;
    i32x16 a = xx * np + LOAD(i32x16, nyy + j);
    i32x16 variances = a - u - p;
    i32x16 v = a - xy * (2 * np) - u;
    return KERNEL(fraction_of)(u, v, p, variances, c1, c2);
}

// As `push`, of what an image's own statistics need.
INLINE void KERNEL(push_own)(const similarity_plan *plan, KERNEL(sums) sums, const uint8_t *x, int32_t row, int32_t taps) {
    ptrdiff_t n = plan->row_values, back = taps * n;
    x += row * n;
    for (ptrdiff_t j = 0; j < n; j += 16) {
        u16x16 a = __builtin_convertvector(LOAD(u8x16, x + j), u16x16), s = LOAD(u16x16, sums.s + j) + a;
        i32x16 xx = LOAD(i32x16, sums.xx + j) + __builtin_convertvector(a * a, i32x16);
        if (row >= taps) {
            u16x16 c = __builtin_convertvector(LOAD(u8x16, x + j - back), u16x16);
            s -= c;
            xx -= __builtin_convertvector(c * c, i32x16);
        }
        STORE(sums.s + j, s);
        STORE(sums.xx + j, xx);
    }
}

INLINE void KERNEL(uniform_statistics)(
    const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch, int32_t taps) {
    uint32_t *sy = statistics;
    ptrdiff_t padded = plan->padded, stride = plan->channels;
    int32_t *nyy = (int32_t *)(sy + padded * plan->window_rows);
    KERNEL(sums) sums = KERNEL(sums_in)(plan, scratch);
    for (int32_t row = 0; row < taps - 1; row++) KERNEL(push_own)(plan, sums, y, row, taps);
    for (int32_t row = 0; row < plan->window_rows; row++) {
        KERNEL(push_own)(plan, sums, y, row + taps - 1, taps);
        for (ptrdiff_t j = 0; j < padded; j += 16) {
            u16x16 s = LOAD(u16x16, sums.s + j);
            i32x16 xx = LOAD(i32x16, sums.xx + j);
#pragma clang loop unroll(full)
            for (int32_t k = 1; k < taps; k++) {
                s += LOAD(u16x16, sums.s + j + k * stride);
                xx += LOAD(i32x16, sums.xx + j + k * stride);
            }
            STORE(sy + j, __builtin_convertvector(s, u32x16));
            STORE(nyy + j, xx * (taps * taps));
        }
        nyy += padded;
        sy += padded;
    }
}
