// The Euclidean distance of two vectors of floats.

// sqrt(sum (a - b)^2) / scale, or infinity as soon as that is proven to exceed `cut`.
static double KERNEL(euclidean)(const uint8_t *a, const uint8_t *b, size_t count, double scale, double cut) {
    f64x16 total = {};
    for (size_t start = 0; start < count; start += 128) {
        for (size_t j = start; j < count && j < start + 128; j += 16) {
            f32x16 x = {}, y = {};
            if (j + 16 <= count) {
                x = LOAD(f32x16, a + 4 * j);
                y = LOAD(f32x16, b + 4 * j);
            } else {
                memcpy(&x, a + 4 * j, 4 * (count - j));
                memcpy(&y, b + 4 * j, 4 * (count - j));
            }
            f64x16 e = __builtin_convertvector(x, f64x16) - __builtin_convertvector(y, f64x16);
            total += e * e;
        }
        if (__builtin_sqrt(KERNEL(sum16)(total)) / scale > cut) return INFINITY;
    }
    return __builtin_sqrt(KERNEL(sum16)(total)) / scale;
}
