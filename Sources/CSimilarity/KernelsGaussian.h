// The gaussian window, in double precision: single precision misses scikit-image by more than 1e-6.
// Part of Kernels.h: rows are filtered horizontally once and kept in a ring, then vertically.

typedef struct {
    double *x, *xx, *xy;
    double *ring;
} KERNEL(filter);

INLINE KERNEL(filter) KERNEL(filter_in)(const similarity_plan *plan, void *scratch) {
    size_t columns = (size_t)plan->columns;
    KERNEL(filter) filter;
    filter.x = scratch;
    filter.xx = filter.x + columns;
    filter.xy = filter.xx + columns;
    filter.ring = filter.xy + columns;
    memset(scratch, 0, columns * 3 * sizeof(double));
    return filter;
}

// Adds the outer pairs first, then the middle: the same order for rows and columns.
INLINE f64x8 KERNEL(weighted)(const similarity_plan *plan, const double *a, ptrdiff_t stride, int32_t taps) {
    f64x8 sum = {};
    for (int32_t k = 0; k < taps / 2; k++)
        sum += (LOAD(f64x8, a + k * stride) + LOAD(f64x8, a + (taps - 1 - k) * stride)) * plan->weights[k];
    return sum + LOAD(f64x8, a + (taps / 2) * stride) * plan->weights[taps / 2];
}

// Row `row` filtered horizontally, into its slot of the ring. Each slot is held twice, `window` rows apart, so that
// the last `window` rows always lie one after another.
INLINE void KERNEL(filter_row)(
    const similarity_plan *plan, KERNEL(filter) filter, const uint8_t *y, const uint8_t *x, int32_t row,
    int32_t taps, int32_t quantities) {
    ptrdiff_t n = plan->row_values, padded = plan->padded, slot = row % taps;
    x += row * n;
    y += row * n;
    for (ptrdiff_t j = 0; j < n; j += 8) {
        f64x8 a = __builtin_convertvector(__builtin_convertvector(LOAD(u8x8, x + j), i32x8), f64x8);
        f64x8 b = __builtin_convertvector(__builtin_convertvector(LOAD(u8x8, y + j), i32x8), f64x8);
        STORE(filter.x + j, a);
        STORE(filter.xx + j, a * a);
        STORE(filter.xy + j, a * b);
    }
    for (int32_t quantity = 0; quantity < quantities; quantity++) {
        const double *from = filter.x + quantity * plan->columns;
        double *to = filter.ring + (quantity * 2 * taps + slot) * padded;
        for (ptrdiff_t j = 0; j < plan->window_values; j += 8) {
            f64x8 sum = KERNEL(weighted)(plan, from + j, plan->channels, taps);
            STORE(to + j, sum);
            STORE(to + taps * padded + j, sum);
        }
    }
}

INLINE f64x8 KERNEL(filtered)(
    const similarity_plan *plan, KERNEL(filter) filter, int32_t row, int32_t quantity, ptrdiff_t j, int32_t taps) {
    ptrdiff_t oldest = (row + 1) % taps;
    return KERNEL(weighted)(
        plan, filter.ring + (quantity * 2 * taps + oldest) * plan->padded + j, plan->padded, taps);
}

// 1 - S1 S2 of 8 window positions; the last filtered row is `row`.
INLINE f64x8 KERNEL(gaussian_terms)(
    const similarity_plan *plan, KERNEL(filter) filter, const double *my, const double *myy, int32_t row,
    ptrdiff_t j, int32_t taps) {
    f64x8 mx = KERNEL(filtered)(plan, filter, row, 0, j, taps);
    f64x8 mxx = KERNEL(filtered)(plan, filter, row, 1, j, taps);
    f64x8 mxy = KERNEL(filtered)(plan, filter, row, 2, j, taps);
    f64x8 m = LOAD(f64x8, my + j), e = mx - m, u = e * e;
    f64x8 p = 2.0 * (mx * m), a = mxx + LOAD(f64x8, myy + j);
    f64x8 v = a - 2.0 * mxy - u, variances = a - u - p;
    // Rounding may leave a vanishing variance a hair below 0; terms must not be negative.
    v = (f64x8)((i64x8)v & (v > 0.0));
    variances = (f64x8)((i64x8)variances & (variances > 0.0));
    f64x8 n1 = p + 6.5025, d2 = variances + 58.5225;
    f64x8 term = (u * d2 + v * n1) / ((u + n1) * d2);
    i64x8 lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (f64x8)((i64x8)term & (lane + (int64_t)j < (int64_t)plan->window_values));
}

INLINE double KERNEL(gaussian_distance_taps)(
    const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, double cut,
    void *scratch, int32_t taps) {
    ptrdiff_t padded = plan->padded;
    const double *my = statistics, *myy = my + padded * plan->window_rows;
    KERNEL(filter) filter = KERNEL(filter_in)(plan, scratch);
    for (int32_t row = 0; row < taps - 1; row++) KERNEL(filter_row)(plan, filter, y, x, row, taps, 3);
    double all = (double)plan->window_values * plan->window_rows;
    f64x8 total = {};
    for (int32_t row = 0; row < plan->window_rows; row++) {
        KERNEL(filter_row)(plan, filter, y, x, row + taps - 1, taps, 3);
        for (ptrdiff_t j = 0; j < plan->window_values; j += 8)
            total += KERNEL(gaussian_terms)(plan, filter, my, myy, row + taps - 1, j, taps);
        my += padded;
        myy += padded;
        if (KERNEL(sum8)(total) / all > cut) return INFINITY;
    }
    return KERNEL(sum8)(total) / all;
}

static double KERNEL(gaussian_distance)(
    const similarity_plan *plan, const uint8_t *y, const void *statistics, const uint8_t *x, double cut,
    void *scratch) {
    if (plan->window == 11)
        return KERNEL(gaussian_distance_taps)(plan, y, statistics, x, cut, scratch, 11);
    return KERNEL(gaussian_distance_taps)(plan, y, statistics, x, cut, scratch, plan->window);
}

static void KERNEL(gaussian_statistics)(
    const similarity_plan *plan, const uint8_t *y, void *statistics, void *scratch) {
    int32_t taps = plan->window;
    ptrdiff_t padded = plan->padded;
    double *my = statistics, *myy = my + padded * plan->window_rows;
    KERNEL(filter) filter = KERNEL(filter_in)(plan, scratch);
    for (int32_t row = 0; row < taps - 1; row++) KERNEL(filter_row)(plan, filter, y, y, row, taps, 2);
    for (int32_t row = 0; row < plan->window_rows; row++) {
        KERNEL(filter_row)(plan, filter, y, y, row + taps - 1, taps, 2);
        for (ptrdiff_t j = 0; j < plan->window_values; j += 8) {
            STORE(my + j, KERNEL(filtered)(plan, filter, row + taps - 1, 0, j, taps));
            STORE(myy + j, KERNEL(filtered)(plan, filter, row + taps - 1, 1, j, taps));
        }
        my += padded;
        myy += padded;
    }
}
