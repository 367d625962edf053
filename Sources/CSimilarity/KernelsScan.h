// Squared distances of byte signatures, part of Kernels.h. All builds compute the same integers.
//
// The first two parts of 16 signatures lie side by side: 4 coordinates of the first, 4 of the second, and so on; a block
// is read once for all queries. The rest of a signature is a row of its own, which is only read where those parts leave
// it. A query's coordinates are given plus 128, so that they are unsigned, and the stored lengths make up for it.

// Queries that a block is multiplied by at once, and those that a call takes in one go.
#define SCAN_TILE 4
#define SCAN_QUERIES 32
#define SCAN_BLOCKED (SIMILARITY_PART * SIMILARITY_BLOCKED_PARTS)
#define SCAN_TAIL (SIMILARITY_SIGNATURE - SCAN_BLOCKED)

#if defined(KERNEL_VNNI)
typedef uint8_t KERNEL(coordinate);

// `out[q]` = 16 signatures' products with each of `count` queries over one part.
INLINE void KERNEL(tile)(const uint8_t *queries, const int8_t *block, int count, i32x16 *out) {
    __m512i even[SCAN_TILE], odd[SCAN_TILE];
    for (int q = 0; q < count; q++) even[q] = odd[q] = _mm512_setzero_si512();
    for (int g = 0; g < SIMILARITY_PART / 4; g += 2) {
        __m512i first = _mm512_loadu_si512(block + 64 * g), second = _mm512_loadu_si512(block + 64 * g + 64);
#pragma clang loop unroll(full)
        for (int q = 0; q < count; q++) {
            const uint8_t *query = queries + q * SIMILARITY_SIGNATURE + 4 * g;
            even[q] = _mm512_dpbusd_epi32(even[q], _mm512_set1_epi32(LOAD(int32_t, query)), first);
            odd[q] = _mm512_dpbusd_epi32(odd[q], _mm512_set1_epi32(LOAD(int32_t, query + 4)), second);
        }
    }
    for (int q = 0; q < count; q++) out[q] = (i32x16)_mm512_add_epi32(even[q], odd[q]);
}

INLINE int32_t KERNEL(row_product)(const uint8_t *query, const int8_t *row, int length) {
    __m512i sum = _mm512_setzero_si512();
    for (int k = 0; k < length; k += 64)
        sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(query + k), _mm512_loadu_si512(row + k));
    return _mm512_reduce_add_epi32(sum);
}

INLINE uint32_t KERNEL(bits)(i32x16 mask) { return _mm512_movepi32_mask((__m512i)mask); }
#elif defined(KERNEL_AVX2)
typedef int16_t KERNEL(coordinate);

INLINE void KERNEL(tile)(const int16_t *queries, const int8_t *block, int count, i32x16 *out) {
    for (int half = 0; half < 2; half++) {
        // Each holds two sums an image, for 4 images.
        __m256i low[SCAN_TILE], high[SCAN_TILE];
        for (int q = 0; q < count; q++) low[q] = high[q] = _mm256_setzero_si256();
        for (int g = 0; g < SIMILARITY_PART / 4; g++) {
            const __m128i *from = (const __m128i *)(block + 64 * g + 32 * half);
            __m256i first = _mm256_cvtepi8_epi16(_mm_loadu_si128(from));
            __m256i second = _mm256_cvtepi8_epi16(_mm_loadu_si128(from + 1));
#pragma clang loop unroll(full)
            for (int q = 0; q < count; q++) {
                __m256i query = _mm256_set1_epi64x(LOAD(int64_t, queries + q * SIMILARITY_SIGNATURE + 4 * g));
                low[q] = _mm256_add_epi32(low[q], _mm256_madd_epi16(first, query));
                high[q] = _mm256_add_epi32(high[q], _mm256_madd_epi16(second, query));
            }
        }
        for (int q = 0; q < count; q++) {
            // Adding neighbours leaves images 0 1 4 5 2 3 6 7.
            __m256i sums = _mm256_permute4x64_epi64(_mm256_hadd_epi32(low[q], high[q]), 0xD8);
            STORE((char *)(out + q) + 32 * half, sums);
        }
    }
}

INLINE int32_t KERNEL(row_product)(const int16_t *query, const int8_t *row, int length) {
    __m256i sums[2] = {};
    for (int k = 0; k < length; k += 32) {
#pragma clang loop unroll(full)
        for (int part = 0; part < 2; part++) {
            __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(row + k + 16 * part)));
            __m256i y = _mm256_loadu_si256((const __m256i *)(query + k + 16 * part));
            sums[part] = _mm256_add_epi32(sums[part], _mm256_madd_epi16(x, y));
        }
    }
    __m256i sum = _mm256_add_epi32(sums[0], sums[1]);
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xB1)));
}

INLINE uint32_t KERNEL(bits)(i32x16 mask) {
    __m256i low = LOAD(__m256i, &mask), high = LOAD(__m256i, (const char *)&mask + 32);
    uint32_t first = (uint32_t)_mm256_movemask_ps((__m256)low), second = (uint32_t)_mm256_movemask_ps((__m256)high);
    return first | second << 8;
}
#else
typedef uint8_t KERNEL(coordinate);

INLINE void KERNEL(tile)(const uint8_t *queries, const int8_t *block, int count, i32x16 *out) {
    for (int q = 0; q < count; q++) {
        int32_t sums[16] = {};
        for (int g = 0; g < SIMILARITY_PART / 4; g++)
            for (int image = 0; image < 16; image++)
                for (int k = 0; k < 4; k++)
                    sums[image] += (int32_t)queries[q * SIMILARITY_SIGNATURE + 4 * g + k] * block[64 * g + 4 * image + k];
        out[q] = LOAD(i32x16, sums);
    }
}

INLINE int32_t KERNEL(row_product)(const uint8_t *query, const int8_t *row, int length) {
    int32_t sum = 0;
    for (int k = 0; k < length; k++) sum += (int32_t)query[k] * row[k];
    return sum;
}

INLINE uint32_t KERNEL(bits)(i32x16 mask) {
    uint32_t bits = 0;
    for (int lane = 0; lane < 16; lane++) bits |= (uint32_t)(mask[lane] & 1) << lane;
    return bits;
}
#endif

INLINE i32x16 KERNEL(scan_bounds)(const int8_t *block, i32x16 products, int32_t length) {
    return LOAD(i32x16, block) + length - products - products;
}

// One block and up to SCAN_TILE queries: appends what the blocked parts leave, with its product instead of a bound.
INLINE void KERNEL(scan_block)(
    const similarity_scan_query *queries, const KERNEL(coordinate) *coordinates, int count, const int8_t *first,
    const int8_t *second, int32_t number) {
    i32x16 products[SCAN_TILE], more[SCAN_TILE];
    KERNEL(tile)(coordinates, first + 64, count, products);
    uint32_t any = 0;
    for (int q = 0; q < count; q++) {
        products[q] *= SIMILARITY_FIRST_WEIGHT;
        i32x16 bounds = KERNEL(scan_bounds)(first, products[q], queries[q].lengths[0]);
        any |= KERNEL(bits)(bounds <= queries[q].limit);
    }
    if (!any) return;
    KERNEL(tile)(coordinates + SIMILARITY_PART, second + 64, count, more);
    for (int q = 0; q < count; q++) {
        products[q] += more[q];
        i32x16 bounds = KERNEL(scan_bounds)(second, products[q], queries[q].lengths[1]);
        uint32_t inside = KERNEL(bits)(bounds <= queries[q].limit);
        if (!inside) continue;
        int32_t lanes[16];
        STORE(lanes, products[q]);
        similarity_candidate *to = queries[q].candidates + *queries[q].found;
        *queries[q].found += (size_t)__builtin_popcount(inside);
        for (; inside; inside &= inside - 1) {
            int lane = __builtin_ctz(inside);
            *to++ = (similarity_candidate){number * 16 + lane, lanes[lane]};
        }
    }
}

// Goes on with the rows of a query's candidates from `start` on, and keeps those that stay within the limit.
INLINE void KERNEL(scan_rows)(
    const similarity_scan_query *query, const KERNEL(coordinate) *coordinates, const int8_t *rows, size_t start) {
    size_t end = *query->found, kept = start;
    similarity_candidate *all = query->candidates;
    for (size_t i = start; i < end; i++) {
        if (i + 6 < end) {
            const int8_t *next = rows + (size_t)all[i + 6].index * SIMILARITY_ROW_BYTES;
            for (int byte = 0; byte < SIMILARITY_ROW_BYTES; byte += 64) __builtin_prefetch(next + byte);
        }
        const int8_t *row = rows + (size_t)all[i].index * SIMILARITY_ROW_BYTES;
        int32_t product = all[i].bound, bound = 0;
        for (int part = 0; part < 2; part++) {
            const int8_t *from = row + 8 + part * (SCAN_TAIL / 2);
            product += KERNEL(row_product)(coordinates + SCAN_BLOCKED + part * (SCAN_TAIL / 2), from, SCAN_TAIL / 2);
            int32_t length = query->lengths[SIMILARITY_BLOCKED_PARTS + part];
            bound = LOAD(int32_t, row + 4 * part) + length - 2 * product;
            if (bound > query->limit) break;
        }
        if (bound <= query->limit) all[kept++] = (similarity_candidate){all[i].index, bound};
    }
    *query->found = kept;
}

static void KERNEL(scan)(
    const similarity_scan_query *queries, size_t count, const int8_t *const *parts, size_t first, size_t last) {
    KERNEL(coordinate) coordinates[SCAN_QUERIES * SIMILARITY_SIGNATURE];
    size_t before[SCAN_QUERIES];
    for (size_t start = 0; start < count; start += SCAN_QUERIES) {
        size_t some = count - start < SCAN_QUERIES ? count - start : SCAN_QUERIES;
        const similarity_scan_query *part = queries + start;
        for (size_t q = 0; q < some; q++) {
            before[q] = *part[q].found;
            for (int k = 0; k < SIMILARITY_SIGNATURE; k++)
                coordinates[q * SIMILARITY_SIGNATURE + (size_t)k] = part[q].coordinates[k];
        }
        for (size_t number = first; number < last; number++) {
            const int8_t *one = parts[0] + number * SIMILARITY_BLOCK_BYTES;
            const int8_t *two = parts[1] + number * SIMILARITY_BLOCK_BYTES;
            size_t q = 0;
            for (; q + SCAN_TILE <= some; q += SCAN_TILE)
                KERNEL(scan_block)(
                    part + q, coordinates + q * SIMILARITY_SIGNATURE, SCAN_TILE, one, two, (int32_t)number);
            for (; q < some; q++)
                KERNEL(scan_block)(part + q, coordinates + q * SIMILARITY_SIGNATURE, 1, one, two, (int32_t)number);
        }
        for (size_t q = 0; q < some; q++)
            KERNEL(scan_rows)(part + q, coordinates + q * SIMILARITY_SIGNATURE, parts[2], before[q]);
    }
}
