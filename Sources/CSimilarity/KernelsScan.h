// Squared distances of byte signatures, part of Kernels.h. All builds compute the same integers.
//
// The first two parts of 16 signatures lie side by side: 4 coordinates of the first, 4 of the second, and so on; a block
// is read once for all queries. The rest of a signature is a row of its own, which is only read where those parts leave
// it. A query's coordinates are given plus 128, so that they are unsigned, and the stored lengths make up for it. Those of
// the first part are at most SIMILARITY_FIRST_LIMIT on either side, which AVX2 multiplies twice as fast.

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

// The same of the first part, less what `add` says of each query and `KERNEL(shifts)` of each signature: 8 bits times 7
// bits, twice, fit into 16.
INLINE void KERNEL(first_tile)(const int8_t *queries, const int8_t *block, int count, i32x16 *out) {
    __m256i offset = _mm256_set1_epi8(64), ones = _mm256_set1_epi16(1);
#pragma clang loop unroll(disable)
    for (int half = 0; half < 2; half++) {
        __m256i sums[SCAN_TILE];
        for (int q = 0; q < count; q++) sums[q] = _mm256_setzero_si256();
        // Unrolled, everything would be loaded first, and put aside.
#pragma clang loop unroll(disable)
        for (int g = 0; g < SIMILARITY_PART / 4; g += 2) {
            const __m256i *from = (const __m256i *)(block + 64 * g + 32 * half);
            __m256i first = _mm256_add_epi8(_mm256_loadu_si256(from), offset);
            __m256i second = _mm256_add_epi8(_mm256_loadu_si256(from + 2), offset);
#pragma clang loop unroll(full)
            for (int q = 0; q < count; q++) {
                const int8_t *query = queries + q * SIMILARITY_PART + 4 * g;
                __m256i one = _mm256_maddubs_epi16(first, _mm256_set1_epi32(LOAD(int32_t, query)));
                __m256i two = _mm256_maddubs_epi16(second, _mm256_set1_epi32(LOAD(int32_t, query + 4)));
                __m256i pairs = _mm256_madd_epi16(_mm256_add_epi16(one, two), ones);
                sums[q] = _mm256_add_epi32(sums[q], pairs);
            }
        }
        for (int q = 0; q < count; q++) STORE((char *)(out + q) + 32 * half, sums[q]);
    }
}

// 128 times the sum of each signature's coordinates.
INLINE i32x16 KERNEL(shifts)(const int8_t *block) {
    i32x16 result;
    __m256i factor = _mm256_set1_epi8(1), ones = _mm256_set1_epi16(128);
    for (int half = 0; half < 2; half++) {
        __m256i pairs = _mm256_setzero_si256();
        for (int g = 0; g < SIMILARITY_PART / 4; g++) {
            __m256i from = _mm256_loadu_si256((const __m256i *)(block + 64 * g + 32 * half));
            pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(factor, from));
        }
        __m256i sums = _mm256_madd_epi16(pairs, ones);
        STORE((char *)&result + 32 * half, sums);
    }
    return result;
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

// Queries as a call takes them.
typedef struct {
    KERNEL(coordinate) coordinates[SCAN_QUERIES * SIMILARITY_SIGNATURE];
#ifdef KERNEL_AVX2
    // Of the first part: coordinates without the 128, and what makes up for the signatures' offset.
    int8_t first[SCAN_QUERIES * SIMILARITY_PART];
    int32_t add[SCAN_QUERIES];
#endif
} KERNEL(scan_memory);

INLINE void KERNEL(scan_prepare)(const similarity_scan_query *queries, size_t count, KERNEL(scan_memory) *memory) {
    for (size_t q = 0; q < count; q++) {
        for (int k = 0; k < SIMILARITY_SIGNATURE; k++)
            memory->coordinates[q * SIMILARITY_SIGNATURE + (size_t)k] = queries[q].coordinates[k];
#ifdef KERNEL_AVX2
        int32_t sum = 0;
        for (int k = 0; k < SIMILARITY_PART; k++) {
            int32_t value = (int32_t)queries[q].coordinates[k] - 128;
            memory->first[q * SIMILARITY_PART + (size_t)k] = (int8_t)value;
            sum += value;
        }
        memory->add[q] = -64 * sum;
#endif
    }
}

// What the first part leaves of a block: products by query, and the queries that go on with it.
typedef struct {
    i32x16 products[SCAN_QUERIES];
    uint32_t left;
} KERNEL(scan_stage);

// The first part of a block and `count` queries (up to SCAN_TILE) from `start` on.
INLINE void KERNEL(scan_first)(
    const similarity_scan_query *queries, const KERNEL(scan_memory) *memory, size_t start, int count, const int8_t *block,
    i32x16 shifts, KERNEL(scan_stage) *stage) {
    i32x16 products[SCAN_TILE];
#ifdef KERNEL_AVX2
    KERNEL(first_tile)(memory->first + start * SIMILARITY_PART, block + 64, count, products);
    for (int q = 0; q < count; q++) products[q] += shifts + memory->add[start + (size_t)q];
#else
    (void)shifts;
    KERNEL(tile)(memory->coordinates + start * SIMILARITY_SIGNATURE, block + 64, count, products);
#endif
    for (int q = 0; q < count; q++) {
        const similarity_scan_query *query = queries + start + q;
        i32x16 weighted = products[q] * SIMILARITY_FIRST_WEIGHT;
        stage->products[start + (size_t)q] = weighted;
        uint32_t inside = KERNEL(bits)(KERNEL(scan_bounds)(block, weighted, query->lengths[0]) <= query->limit);
        stage->left |= (uint32_t)(inside != 0) << (start + (size_t)q);
    }
}

// Appends what the second part leaves, with its product instead of a bound.
INLINE void KERNEL(scan_second)(
    const similarity_scan_query *queries, const KERNEL(scan_memory) *memory, size_t count, const int8_t *block,
    KERNEL(scan_stage) *stage, int32_t number) {
    for (size_t start = 0; start < count; start += SCAN_TILE) {
        uint32_t left = stage->left >> start & ((1u << SCAN_TILE) - 1);
        if (!left) continue;
        i32x16 more[SCAN_TILE];
        const KERNEL(coordinate) *coordinates = memory->coordinates + start * SIMILARITY_SIGNATURE + SIMILARITY_PART;
        int all = left == (1u << SCAN_TILE) - 1;
        if (all) KERNEL(tile)(coordinates, block + 64, SCAN_TILE, more);
        for (; left; left &= left - 1) {
            int q = __builtin_ctz(left);
            if (!all) KERNEL(tile)(coordinates + q * SIMILARITY_SIGNATURE, block + 64, 1, more + q);
            const similarity_scan_query *query = queries + start + q;
            i32x16 products = stage->products[start + (size_t)q] + more[q];
            i32x16 bounds = KERNEL(scan_bounds)(block, products, query->lengths[1]);
            uint32_t inside = KERNEL(bits)(bounds <= query->limit);
            if (!inside) continue;
            int32_t lanes[16];
            STORE(lanes, products);
            similarity_candidate *to = query->candidates + *query->found;
            *query->found += (size_t)__builtin_popcount(inside);
            for (; inside; inside &= inside - 1) {
                int lane = __builtin_ctz(inside);
                *to++ = (similarity_candidate){number * 16 + lane, lanes[lane]};
            }
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
    KERNEL(scan_memory) memory;
    KERNEL(scan_stage) stages[2];
    size_t starts[SCAN_QUERIES];
    for (size_t start = 0; start < count; start += SCAN_QUERIES) {
        size_t some = count - start < SCAN_QUERIES ? count - start : SCAN_QUERIES;
        const similarity_scan_query *part = queries + start;
        for (size_t q = 0; q < some; q++) starts[q] = *part[q].found;
        KERNEL(scan_prepare)(part, some, &memory);
        // A block's second part is looked at while the next block's first part is: by then it has come from memory.
        for (size_t number = first; number <= last; number++) {
            KERNEL(scan_stage) *stage = stages + number % 2;
            if (number < last) {
                const int8_t *block = parts[0] + number * SIMILARITY_BLOCK_BYTES;
                i32x16 shifts = {};
#ifdef KERNEL_AVX2
                shifts = KERNEL(shifts)(block + 64);
#endif
                stage->left = 0;
                size_t q = 0;
                for (; q + SCAN_TILE <= some; q += SCAN_TILE)
                    KERNEL(scan_first)(part, &memory, q, SCAN_TILE, block, shifts, stage);
                for (; q < some; q++) KERNEL(scan_first)(part, &memory, q, 1, block, shifts, stage);
                if (stage->left) {
                    const int8_t *second = parts[1] + number * SIMILARITY_BLOCK_BYTES;
                    for (size_t byte = 0; byte < SIMILARITY_BLOCK_BYTES; byte += 64) __builtin_prefetch(second + byte);
                }
            }
            KERNEL(scan_stage) *before = stages + (number + 1) % 2;
            if (number == first || !before->left) continue;
            const int8_t *block = parts[1] + (number - 1) * SIMILARITY_BLOCK_BYTES;
            KERNEL(scan_second)(part, &memory, some, block, before, (int32_t)(number - 1));
        }
        for (size_t q = 0; q < some; q++)
            KERNEL(scan_rows)(part + q, memory.coordinates + q * SIMILARITY_SIGNATURE, parts[2], starts[q]);
    }
}
