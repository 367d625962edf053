// 1 - FSIM from two images' maps.
//
// With similarities N / D of phase congruency and of gradient, 1 - (N1 / D1) (N2 / D2) is written without
// cancellation: u = D1 - N1 = (a - b)^2 and v likewise give (u D2 + v N1) / (D1 D2), in which nothing is negative.
// The weights are max(a, b) = a + b - min(a, b): with the sums of a and of b known, what is left of them is bounded.

INLINE f32x16 KERNEL(fsim_units)(const uint16_t *map) {
    return __builtin_convertvector(LOAD(u16x16, map), f32x16);
}

// The sum over 16 pixels, each times its weight where `is_weighted`.
INLINE f32x16 KERNEL(fsim_terms)(
    const uint16_t *first, const uint16_t *second, ptrdiff_t gradient, int is_weighted) {
    const float t1 = (float)(0.85 * FSIM_CONGRUENCY_UNITS * FSIM_CONGRUENCY_UNITS);
    const float t2 = (float)(160 * FSIM_GRADIENT_UNITS * FSIM_GRADIENT_UNITS);
    f32x16 a = KERNEL(fsim_units)(first), b = KERNEL(fsim_units)(second);
    f32x16 g = KERNEL(fsim_units)(first + gradient), h = KERNEL(fsim_units)(second + gradient);
    f32x16 u = (a - b) * (a - b), v = (g - h) * (g - h);
    f32x16 product = a * b, n1 = (product + product) + t1;
    f32x16 d1 = (a * a + b * b) + t1, d2 = (g * g + h * h) + t2;
    f32x16 term = (u * d2 + v * n1) / (d1 * d2);
    return is_weighted ? term * __builtin_elementwise_max(a, b) : term;
}

INLINE double KERNEL(fsim_pair)(
    const similarity_fsim *plan, const void *first, const void *second, double cut, uint64_t sums,
    int is_weighted) {
    const uint16_t *x = (const uint16_t *)((const char *)first + FSIM_HEADER);
    const uint16_t *y = (const uint16_t *)((const char *)second + FSIM_HEADER);
    ptrdiff_t count = (ptrdiff_t)plan->map_count;
    f64x16 total = {};
    uint64_t weights = sums;
    for (ptrdiff_t start = 0; start < count; start += 256) {
        u32x16 smaller = {};
        for (ptrdiff_t j = start; j < count && j < start + 256; j += 32) {
            f32x16 low = KERNEL(fsim_terms)(x + j, y + j, count, is_weighted);
            f32x16 high = KERNEL(fsim_terms)(x + j + 16, y + j + 16, count, is_weighted);
            total += __builtin_convertvector(low + high, f64x16);
            u16x16 a = LOAD(u16x16, x + j), b = LOAD(u16x16, y + j);
            u16x16 c = LOAD(u16x16, x + j + 16), d = LOAD(u16x16, y + j + 16);
            smaller += __builtin_convertvector(__builtin_elementwise_min(a, b), u32x16);
            smaller += __builtin_convertvector(__builtin_elementwise_min(c, d), u32x16);
        }
        if (is_weighted) weights -= __builtin_reduce_add(smaller);
        if (KERNEL(sum16)(total) / (double)weights > cut) return INFINITY;
    }
    return KERNEL(sum16)(total) / (double)weights;
}

static double KERNEL(fsim_distance)(
    const similarity_fsim *plan, const void *first, const void *second, double cut) {
    uint64_t a, b;
    memcpy(&a, first, sizeof a);
    memcpy(&b, second, sizeof b);
    if (a + b > 0) return KERNEL(fsim_pair)(plan, first, second, cut, a + b, 1);
    // Neither image has a feature above noise: all pixels count alike.
    uint64_t pixels = (uint64_t)plan->height * (uint64_t)plan->width;
    return KERNEL(fsim_pair)(plan, first, second, cut, pixels, 0);
}
