// Sums of the 7 x 7 window, rows first: byte dot products (VNNI) add up a row's 7 taps in one go, running sums go down.
// Part of Kernels.h; the sums are exact integers, so nothing differs from the other builds.

typedef struct {
    // The windows' sums of x, x^2 and x y, and the last 7 rows' parts of them.
    int32_t *window, *ring;
    void *rest;
    __m512i first, second;
} KERNEL(sums);

// Whether a shape's taps fit the 64 bytes that one byte permutation sees.
INLINE int KERNEL(serves)(const similarity_plan *plan) {
    return !plan->gaussian && plan->window == 7 && plan->channels <= 8;
}

INLINE KERNEL(sums) KERNEL(sums_in)(const similarity_plan *plan, void *scratch) {
    size_t padded = (size_t)plan->padded;
    KERNEL(sums) sums;
    sums.window = scratch;
    sums.ring = sums.window + 3 * padded;
    sums.rest = sums.ring + 3 * 7 * padded;
    memset(scratch, 0, 3 * padded * sizeof(int32_t));
    // Byte 4 i + t takes tap t (or 4 + t) of window i.
    i32x16 lane = KERNEL(lanes)(0) * 0x01010101;
    int32_t c = plan->channels;
    sums.first = (__m512i)(lane + (c << 8 | (2 * c) << 16 | (3 * c) << 24));
    sums.second = (__m512i)(lane + (4 * c | (5 * c) << 8 | (6 * c) << 16));
    return sums;
}

INLINE void KERNEL(push)(
    const similarity_plan *plan, KERNEL(sums) sums, const uint8_t *y, const uint8_t *x, int32_t row, int32_t taps) {
    ptrdiff_t n = plan->row_values, padded = plan->padded;
    const __m512i flip = _mm512_set1_epi8((char)0x80), ones = _mm512_set1_epi8(1), zero = _mm512_setzero_si512();
    // The eighth byte of a group is no tap.
    const __mmask64 three = 0x7777777777777777u;
    int32_t *ring = sums.ring + row % taps * 3 * padded, *window = sums.window;
    x += row * n;
    y += row * n;
    for (ptrdiff_t j = 0; j < plan->window_values; j += 16) {
        __m512i xs = _mm512_loadu_si512(x + j), ys = _mm512_xor_si512(_mm512_loadu_si512(y + j), flip);
        __m512i xa = _mm512_permutexvar_epi8(sums.first, xs);
        __m512i xb = _mm512_maskz_permutexvar_epi8(three, sums.second, xs);
        __m512i ya = _mm512_permutexvar_epi8(sums.first, ys);
        __m512i yb = _mm512_permutexvar_epi8(sums.second, ys);
        __m512i s = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(zero, xa, ones), xb, ones);
        // The instruction wants one factor signed: x y = x (y - 128) + 128 x.
        __m512i shift = _mm512_slli_epi32(s, 7);
        __m512i xx = _mm512_dpbusd_epi32(shift, xa, _mm512_xor_si512(xa, flip));
        xx = _mm512_dpbusd_epi32(xx, xb, _mm512_xor_si512(xb, flip));
        __m512i xy = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(shift, xa, ya), xb, yb);
        i32x16 parts[3] = {(i32x16)s, (i32x16)xx, (i32x16)xy};
#pragma clang loop unroll(full)
        for (int k = 0; k < 3; k++) {
            i32x16 sum = LOAD(i32x16, window + k * padded + j) + parts[k];
            if (row >= taps) sum -= LOAD(i32x16, ring + k * padded + j);
            STORE(window + k * padded + j, sum);
            STORE(ring + k * padded + j, parts[k]);
        }
    }
}

// As `push`, of x (y - 128) alone.
INLINE void KERNEL(push_products)(
    const similarity_plan *plan, KERNEL(sums) sums, const uint8_t *y, const uint8_t *x, int32_t row, int32_t taps) {
    ptrdiff_t n = plan->row_values, padded = plan->padded;
    const __m512i flip = _mm512_set1_epi8((char)0x80), zero = _mm512_setzero_si512();
    int32_t *ring = sums.ring + row % taps * padded, *window = sums.window;
    x += row * n;
    y += row * n;
    for (ptrdiff_t j = 0; j < plan->window_values; j += 16) {
        __m512i xs = _mm512_loadu_si512(x + j), ys = _mm512_xor_si512(_mm512_loadu_si512(y + j), flip);
        __m512i xa = _mm512_permutexvar_epi8(sums.first, xs);
        __m512i xb = _mm512_maskz_permutexvar_epi8(0x7777777777777777u, sums.second, xs);
        __m512i ya = _mm512_permutexvar_epi8(sums.first, ys), yb = _mm512_permutexvar_epi8(sums.second, ys);
        i32x16 part = (i32x16)_mm512_dpbusd_epi32(_mm512_dpbusd_epi32(zero, xa, ya), xb, yb);
        i32x16 sum = LOAD(i32x16, window + j) + part;
        if (row >= taps) sum -= LOAD(i32x16, ring + j);
        STORE(window + j, sum);
        STORE(ring + j, part);
    }
}

// `y.sums` holds 2 sy in the low and sy in the high half of a lane, so that 16-bit products give 2 sx sy and sx^2 + sy^2.
INLINE KERNEL(fraction) KERNEL(terms_of)(
    i32x16 s, i32x16 t, i32x16 a, i32x16 xy, int32_t taps, float c1, float c2) {
    i32x16 both = s | (t & (int32_t)0xFFFF0000);
    i32x16 p = (i32x16)_mm512_madd_epi16((__m512i)s, (__m512i)t);
    i32x16 squares = (i32x16)_mm512_madd_epi16((__m512i)both, (__m512i)both);
    i32x16 u = squares - p, v = a - xy * (2 * taps * taps) - u;
    return KERNEL(fraction_of)(u, v, p, a - squares, c1, c2);
}

INLINE KERNEL(fraction) KERNEL(terms)(
    const similarity_plan *plan, KERNEL(sums) sums, KERNEL(row) y, ptrdiff_t j, ptrdiff_t stride, int32_t taps, float c1,
    float c2) {
    (void)stride;
    ptrdiff_t padded = plan->padded;
    i32x16 s = LOAD(i32x16, sums.window + j), xx = LOAD(i32x16, sums.window + padded + j);
    i32x16 xy = LOAD(i32x16, sums.window + 2 * padded + j), a = xx * (taps * taps) + LOAD(i32x16, y.squares + j);
    return KERNEL(terms_of)(s, LOAD(i32x16, y.sums + j), a, xy, taps, c1, c2);
}

INLINE KERNEL(fraction) KERNEL(known_terms)(
    const similarity_plan *plan, KERNEL(sums) sums, KERNEL(row) y, KERNEL(row) x, ptrdiff_t j, ptrdiff_t stride,
    int32_t taps, float c1, float c2) {
    (void)plan;
    (void)stride;
    i32x16 s = (i32x16)(LOAD(u32x16, x.sums + j) >> 16), a = LOAD(i32x16, x.squares + j) + LOAD(i32x16, y.squares + j);
    i32x16 xy = LOAD(i32x16, sums.window + j) + (s << 7);
    return KERNEL(terms_of)(s, LOAD(i32x16, y.sums + j), a, xy, taps, c1, c2);
}

INLINE void KERNEL(uniform_statistics)(
    const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch, int32_t taps) {
    ptrdiff_t padded = plan->padded;
    int32_t *squares = statistics;
    uint32_t *own = (uint32_t *)(squares + padded * plan->window_rows);
    KERNEL(sums) sums = KERNEL(sums_in)(plan, scratch);
    for (int32_t row = 0; row < taps - 1; row++) KERNEL(push)(plan, sums, y, y, row, taps);
    for (int32_t row = 0; row < plan->window_rows; row++) {
        KERNEL(push)(plan, sums, y, y, row + taps - 1, taps);
        for (ptrdiff_t j = 0; j < padded; j += 16) {
            i32x16 s = LOAD(i32x16, sums.window + j), yy = LOAD(i32x16, sums.window + padded + j);
            STORE(own + j, (s << 16) + s + s);
            STORE(squares + j, yy * (taps * taps));
        }
        squares += padded;
        own += padded;
    }
}
