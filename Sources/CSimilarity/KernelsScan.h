// Squared distances of byte signatures, part of Kernels.h. All builds compute the same integers.
//
// 16 signatures lie side by side: 4 coordinates of the first, 4 of the second, and so on. A query's coordinates are
// given plus 128, so that they are unsigned, and the stored lengths make up for it.

#define SCAN_GROUPS(dims) ((dims) / 4)

#if defined(KERNEL_VNNI)
INLINE i32x16 KERNEL(scan_part)(const uint8_t *query, const int8_t *block, int groups, i32x16 sum) {
    __m512i a = (__m512i)sum, b = _mm512_setzero_si512(), c = b, d = b;
    for (int g = 0; g < groups; g += 4) {
        a = _mm512_dpbusd_epi32(
            a, _mm512_set1_epi32(LOAD(int32_t, query + 4 * g)), _mm512_loadu_si512(block + 64 * g));
        b = _mm512_dpbusd_epi32(
            b, _mm512_set1_epi32(LOAD(int32_t, query + 4 * g + 4)), _mm512_loadu_si512(block + 64 * g + 64));
        c = _mm512_dpbusd_epi32(
            c, _mm512_set1_epi32(LOAD(int32_t, query + 4 * g + 8)), _mm512_loadu_si512(block + 64 * g + 128));
        d = _mm512_dpbusd_epi32(
            d, _mm512_set1_epi32(LOAD(int32_t, query + 4 * g + 12)), _mm512_loadu_si512(block + 64 * g + 192));
    }
    return (i32x16)_mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d));
}
#elif defined(KERNEL_AVX2)
INLINE i32x16 KERNEL(scan_part)(const uint8_t *query, const int8_t *block, int groups, i32x16 sum) {
    // Each of these holds two sums an image, for 4 images.
    __m256i sums[4] = {};
    for (int g = 0; g < groups; g++) {
        __m256i q = _mm256_cvtepu8_epi16(_mm_set1_epi32(LOAD(int32_t, query + 4 * g)));
#pragma clang loop unroll(full)
        for (int part = 0; part < 4; part++) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(block + 64 * g + 16 * part));
            sums[part] = _mm256_add_epi32(sums[part], _mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes), q));
        }
    }
    for (int image = 0; image < 16; image++) {
        i32x8 pairs = (i32x8)sums[image / 4];
        sum[image] += pairs[image % 4 * 2] + pairs[image % 4 * 2 + 1];
    }
    return sum;
}
#else
INLINE i32x16 KERNEL(scan_part)(const uint8_t *query, const int8_t *block, int groups, i32x16 sum) {
    int32_t sums[16] = {};
    for (int g = 0; g < groups; g++)
        for (int image = 0; image < 16; image++)
            for (int k = 0; k < 4; k++)
                sums[image] += (int32_t)query[4 * g + k] * block[64 * g + 4 * image + k];
    return sum + LOAD(i32x16, sums);
}
#endif

// Which lanes of a block are within the limit after the first part, for one query.
INLINE i32x16 KERNEL(scan_bounds)(const int8_t *block, i32x16 products, int32_t length) {
    return LOAD(i32x16, block) + length - products - products;
}

INLINE int KERNEL(any)(i32x16 mask) {
#if defined(KERNEL_VNNI)
    return _mm512_movepi32_mask((__m512i)mask) != 0;
#else
    int32_t any = 0;
    for (int lane = 0; lane < 16; lane++) any |= mask[lane];
    return any != 0;
#endif
}

static void KERNEL(scan)(
    const similarity_scan_query *queries, size_t count, const int8_t *const *parts, size_t first, size_t last) {
    static const int dims[SIMILARITY_PARTS] = SIMILARITY_PART_LENGTHS;
    for (size_t number = first; number < last; number++) {
        for (size_t q = 0; q < count; q++) {
            const similarity_scan_query *query = queries + q;
            const uint8_t *coordinates = query->coordinates;
            i32x16 products = {}, bounds = {}, inside = {};
            for (int part = 0; part < SIMILARITY_PARTS; part++) {
                const int8_t *block = parts[part] + number * SIMILARITY_PART_BYTES(dims[part]);
                products = KERNEL(scan_part)(coordinates, block + 64, SCAN_GROUPS(dims[part]), products);
                if (part == 0) products *= SIMILARITY_FIRST_WEIGHT;
                bounds = KERNEL(scan_bounds)(block, products, query->lengths[part]);
                inside = bounds <= query->limit;
                if (!KERNEL(any)(inside)) break;
                coordinates += dims[part];
            }
            if (!KERNEL(any)(inside)) continue;
            for (int lane = 0; lane < 16; lane++) {
                if (!inside[lane]) continue;
                similarity_candidate *candidate = query->candidates + (*query->found)++;
                candidate->index = (int32_t)(number * 16) + lane;
                candidate->bound = bounds[lane];
            }
        }
    }
}
