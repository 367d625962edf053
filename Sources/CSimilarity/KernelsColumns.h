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

// As `push`, of x y alone.
INLINE void KERNEL(push_products)(
    const similarity_plan *plan, KERNEL(sums) sums, const uint8_t *y, const uint8_t *x, int32_t row, int32_t taps) {
    ptrdiff_t n = plan->row_values, back = taps * n;
    x += row * n;
    y += row * n;
    for (ptrdiff_t j = 0; j < n; j += 16) {
        u16x16 a = __builtin_convertvector(LOAD(u8x16, x + j), u16x16);
        u16x16 b = __builtin_convertvector(LOAD(u8x16, y + j), u16x16);
        i32x16 xy = LOAD(i32x16, sums.xy + j) + __builtin_convertvector(a * b, i32x16);
        if (row >= taps) {
            u16x16 c = __builtin_convertvector(LOAD(u8x16, x + j - back), u16x16);
            u16x16 d = __builtin_convertvector(LOAD(u8x16, y + j - back), u16x16);
            xy -= __builtin_convertvector(c * d, i32x16);
        }
        STORE(sums.xy + j, xy);
    }
}

// Of 16 windows: the sums of x, and NP times those of x^2.
typedef struct {
    u16x16 sums;
    i32x16 squares;
} KERNEL(own);

INLINE KERNEL(own) KERNEL(own_sums)(KERNEL(sums) sums, ptrdiff_t j, ptrdiff_t stride, int32_t taps) {
    u16x16 s = LOAD(u16x16, sums.s + j);
    i32x16 xx = LOAD(i32x16, sums.xx + j);
#pragma clang loop unroll(full)
    for (int32_t k = 1; k < taps; k++) {
        s += LOAD(u16x16, sums.s + j + k * stride);
        xx += LOAD(i32x16, sums.xx + j + k * stride);
    }
    KERNEL(own) result = {s, xx * (taps * taps)};
    return result;
}

// (u d2 + v n1) / (d1 d2) of 16 window positions, not yet divided, from the windows' sums of x and y, NP (sxx + syy) and
// the column sums of x y.
INLINE KERNEL(fraction) KERNEL(terms_of)(
    const int32_t *products, u16x16 sx, u16x16 sy, i32x16 squares, ptrdiff_t stride, int32_t taps, float c1, float c2) {
    i32x16 xy = LOAD(i32x16, products);
#pragma clang loop unroll(full)
    for (int32_t k = 1; k < taps; k++) xy += LOAD(i32x16, products + k * stride);
    // A window's sum has 14 bits (49 x 255); saying so lets the compiler use a 16-bit multiplication.
    i32x16 s = __builtin_convertvector(sx & (uint16_t)0x3FFF, i32x16);
    i32x16 t = __builtin_convertvector(sy & (uint16_t)0x3FFF, i32x16);
    i32x16 e = s - t;
    i32x16 u = e * e, p = s * t;
    p += p;
    i32x16 variances = squares - u - p;
    i32x16 v = squares - xy * (2 * taps * taps) - u;
    return KERNEL(fraction_of)(u, v, p, variances, c1, c2);
}

INLINE KERNEL(fraction) KERNEL(terms)(
    const similarity_plan *plan, KERNEL(sums) sums, KERNEL(row) y, ptrdiff_t j, ptrdiff_t stride, int32_t taps, float c1,
    float c2) {
    (void)plan;
    KERNEL(own) x = KERNEL(own_sums)(sums, j, stride, taps);
    i32x16 squares = x.squares + LOAD(i32x16, y.squares + j);
    return KERNEL(terms_of)(sums.xy + j, x.sums, LOAD(u16x16, y.sums + j), squares, stride, taps, c1, c2);
}

INLINE KERNEL(fraction) KERNEL(known_terms)(
    const similarity_plan *plan, KERNEL(sums) sums, KERNEL(row) y, KERNEL(row) x, ptrdiff_t j, ptrdiff_t stride,
    int32_t taps, float c1, float c2) {
    (void)plan;
    i32x16 squares = LOAD(i32x16, x.squares + j) + LOAD(i32x16, y.squares + j);
    u16x16 sx = LOAD(u16x16, x.sums + j), sy = LOAD(u16x16, y.sums + j);
    return KERNEL(terms_of)(sums.xy + j, sx, sy, squares, stride, taps, c1, c2);
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
    ptrdiff_t padded = plan->padded, stride = plan->channels;
    int32_t *squares = statistics;
    uint16_t *own = (uint16_t *)(squares + padded * plan->window_rows);
    KERNEL(sums) sums = KERNEL(sums_in)(plan, scratch);
    for (int32_t row = 0; row < taps - 1; row++) KERNEL(push_own)(plan, sums, y, row, taps);
    for (int32_t row = 0; row < plan->window_rows; row++) {
        KERNEL(push_own)(plan, sums, y, row + taps - 1, taps);
        for (ptrdiff_t j = 0; j < padded; j += 16) {
            KERNEL(own) x = KERNEL(own_sums)(sums, j, stride, taps);
            STORE(own + j, x.sums);
            STORE(squares + j, x.squares);
        }
        squares += padded;
        own += padded;
    }
}
