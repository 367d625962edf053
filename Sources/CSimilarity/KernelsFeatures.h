// Features of the windows of an image, whose squared distances are never more than 2 (1 - SSIM). Part of Kernels.h.
// They decide only which pairs are looked at, with slack for rounding: builds may differ in the last bits.
//
// Rows are filtered horizontally once and kept in a ring, then vertically; blocks of windows are added up as they end.

typedef struct {
    // `quantities` rows for each of the last `window` rows: the image by every polynomial, then its square by the first.
    // Each is held twice, `window` rows apart, so that the last ones always lie one after another.
    float *ring;
    // By plane and feature, a row each: sums over the rows of a block.
    float *sums;
    float *values;
    float *squares;
    ptrdiff_t columns, padded;
    int32_t quantities;
} KERNEL(feature_memory);

INLINE KERNEL(feature_memory) KERNEL(feature_memory_in)(const similarity_feature_plan *features, void *scratch) {
    const similarity_plan *plan = &features->plan;
    KERNEL(feature_memory) memory;
    memory.columns = plan->columns;
    memory.padded = plan->padded;
    memory.quantities = features->degree + 2;
    memory.values = scratch;
    memory.squares = memory.values + memory.columns;
    memory.sums = memory.squares + memory.columns;
    memory.ring = memory.sums + (ptrdiff_t)features->planes * features->filters * memory.padded;
    memset(memory.values, 0, (size_t)memory.columns * 2 * sizeof(float));
    return memory;
}

// `out[order]` = `count` vectors, `stride` apart, weighted by the polynomial of each order below `orders`. Polynomials of
// even order are even and those of odd order are odd, so that a vector and its mirror image share a multiplication.
INLINE void KERNEL(moments)(
    const similarity_feature_plan *features, const float *from, ptrdiff_t stride, int32_t count, int32_t orders,
    KERNEL(floats) *out) {
#pragma clang fp contract(fast)
    KERNEL(floats) even[5], odd[5], middle = LOAD(KERNEL(floats), from + count / 2 * stride);
#pragma clang loop unroll(full)
    for (int32_t k = 0; k < count / 2; k++) {
        KERNEL(floats) low = LOAD(KERNEL(floats), from + k * stride);
        KERNEL(floats) high = LOAD(KERNEL(floats), from + (count - 1 - k) * stride);
        even[k] = low + high;
        odd[k] = low - high;
    }
#pragma clang loop unroll(full)
    for (int32_t order = 0; order < orders; order++) {
        const float *taps = features->taps[order];
        KERNEL(floats) sum = order % 2 ? (KERNEL(floats)){} : middle * taps[count / 2];
#pragma clang loop unroll(full)
        for (int32_t k = 0; k < count / 2; k++) sum += (order % 2 ? odd[k] : even[k]) * taps[k];
        out[order] = sum;
    }
}

INLINE void KERNEL(feature_row)(
    const similarity_feature_plan *features, KERNEL(feature_memory) memory, const uint8_t *x, int32_t row, int32_t count,
    int32_t degree) {
    const similarity_plan *plan = &features->plan;
    ptrdiff_t n = plan->row_values, padded = memory.padded;
    x += row * n;
    for (ptrdiff_t j = 0; j < n; j += 16) {
        i32x16 integer = __builtin_convertvector(LOAD(u8x16, x + j), i32x16) - 128;
        f32x16 value = __builtin_convertvector(integer, f32x16);
        STORE(memory.values + j, value);
        STORE(memory.squares + j, value * value);
    }
    ptrdiff_t slot = row % count * memory.quantities * padded, again = count * memory.quantities * padded;
    for (ptrdiff_t j = 0; j < plan->window_values; j += KERNEL_FLOATS) {
        KERNEL(floats) out[SIMILARITY_DEGREE + 2];
        KERNEL(moments)(features, memory.values + j, plan->channels, count, degree + 1, out);
        KERNEL(moments)(features, memory.squares + j, plan->channels, count, 1, out + degree + 1);
        float *to = memory.ring + slot + j;
#pragma clang loop unroll(full)
        for (int32_t quantity = 0; quantity < degree + 2; quantity++, to += padded) {
            STORE(to, out[quantity]);
            STORE(to + again, out[quantity]);
        }
    }
}

// Adds the features of a row of windows to the blocks' sums; `row` is the image row of the windows' first row.
INLINE void KERNEL(feature_terms)(
    const similarity_feature_plan *features, KERNEL(feature_memory) memory, int32_t row, int32_t count, int32_t degree,
    int32_t planes) {
#pragma clang fp contract(fast)
    ptrdiff_t padded = memory.padded, slot = memory.quantities * padded;
    const float *ring = memory.ring + row % count * slot;
    for (ptrdiff_t j = 0; j < features->plan.window_values; j += KERNEL_FLOATS) {
        KERNEL(floats) first[SIMILARITY_DEGREE + 1], square;
        KERNEL(moments)(features, ring + (degree + 1) * padded + j, slot, count, 1, &square);
        KERNEL(moments)(features, ring + j, slot, count, degree + 1, first);
        KERNEL(floats) mean = first[0], variance = square - mean * mean;
        variance = (KERNEL(floats))((KERNEL(integers))variance & (variance > 0.0f));
        KERNEL(floats) m = mean + 128.0f, a = variance + features->c2 / 2, near[SIMILARITY_PLANES];
        KERNEL(floats) weights[SIMILARITY_PLANES];
#pragma clang loop unroll(full)
        for (int32_t plane = 0; plane < planes; plane++) {
            float centre = features->means[plane], other = features->energies[plane];
            KERNEL(floats) luminance = m * (2 * centre) + features->c1;
            KERNEL(floats) d = (m * m + (centre * centre + features->c1)) * (a + other);
            near[plane] = luminance * features->roots[plane] / d;
            KERNEL(floats) weight = near[0] * features->inverse[plane][0];
            for (int32_t k = 1; k <= plane; k++) weight += near[k] * features->inverse[plane][k];
            weights[plane] = weight;
        }
        float *sums = memory.sums + j;
        ptrdiff_t plane_size = features->filters * padded;
#pragma clang loop unroll(full)
        for (int32_t plane = 0; plane < planes; plane++) {
            float *sum = sums + plane * plane_size;
            STORE(sum, LOAD(KERNEL(floats), sum) + weights[plane] * features->flat);
        }
        sums += padded;
#pragma clang loop unroll(full)
        for (int32_t across = 0; across <= degree; across++) {
            KERNEL(floats) values[SIMILARITY_DEGREE + 1];
            if (across > 0)
                KERNEL(moments)(features, ring + across * padded + j, slot, count, degree - across + 1, values);
#pragma clang loop unroll(full)
            for (int32_t down = across == 0; down <= degree - across; down++, sums += padded) {
                KERNEL(floats) value = across == 0 ? first[down] : values[down];
#pragma clang loop unroll(full)
                for (int32_t plane = 0; plane < planes; plane++) {
                    float *sum = sums + plane * plane_size;
                    STORE(sum, LOAD(KERNEL(floats), sum) + weights[plane] * value);
                }
            }
        }
    }
}

// Writes the sums of a row of blocks to their regions.
INLINE void KERNEL(feature_blocks)(
    const similarity_feature_plan *features, KERNEL(feature_memory) memory, int32_t block_row, int32_t rows, float *out,
    int32_t channels) {
    int32_t positions = features->plan.window_values / channels, values = features->plan.window_values;
    int32_t kinds = features->planes * features->filters, blocks = features->block_columns;
    // Where blocks are equally wide, all sums of neighbouring columns are made first, in place.
    int32_t even = positions % blocks == 0 ? positions / blocks : 0;
    float common = even ? 1 / sqrtf((float)(rows * even)) : 0;
    for (int32_t kind = 0; kind < kinds; kind++) {
        float *from = memory.sums + kind * memory.padded;
        if (even) {
            for (ptrdiff_t j = 0; j < values; j += KERNEL_FLOATS) {
                KERNEL(floats) sum = LOAD(KERNEL(floats), from + j);
                for (int32_t k = 1; k < even; k++) sum += LOAD(KERNEL(floats), from + j + k * channels);
                STORE(from + j, sum * common);
            }
        }
        float *line = out + (ptrdiff_t)(block_row / 4 * features->region_columns) * features->stride
            + (kind * 16 + block_row % 4 * 4) * channels;
        int32_t block = 0;
        if (even && channels > 1 && channels <= 4) {
            // A region's 4 blocks at a time; what is copied too much is overwritten by the next block.
            for (; block + 4 <= blocks; block += 4) {
                float *to = line + (ptrdiff_t)(block / 4) * features->stride;
                const float *sums = from + block * even * channels;
#pragma clang loop unroll(full)
                for (int32_t k = 0; k < 3; k++) memcpy(to + k * channels, sums + k * even * channels, 16);
                memcpy(to + 3 * channels, sums + 3 * even * channels, (size_t)channels * sizeof(float));
            }
        }
        for (; block < blocks; block++) {
            float *to = line + (ptrdiff_t)(block / 4) * features->stride + block % 4 * channels;
            if (even) {
                for (int32_t channel = 0; channel < channels; channel++)
                    to[channel] = from[block * even * channels + channel];
                continue;
            }
            int32_t first = positions * block / blocks, width = positions * (block + 1) / blocks - first;
            float scale = 1 / sqrtf((float)(rows * width));
            for (int32_t channel = 0; channel < channels; channel++) {
                float sum = 0;
                for (int32_t k = 0; k < width; k++) sum += from[(first + k) * channels + channel];
                to[channel] = sum * scale;
            }
        }
    }
}

INLINE void KERNEL(window_features)(
    const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch, int32_t count, int32_t degree,
    int32_t planes) {
    KERNEL(feature_memory) memory = KERNEL(feature_memory_in)(features, scratch);
    size_t sums = (size_t)features->planes * (size_t)features->filters * (size_t)memory.padded * sizeof(float);
    int32_t rows = features->plan.window_rows, blocks = features->block_rows;
    for (int32_t row = 0; row < count - 1; row++) KERNEL(feature_row)(features, memory, x, row, count, degree);
    for (int32_t block = 0, row = 0; block < blocks; block++) {
        int32_t first = row, last = rows * (block + 1) / blocks;
        memset(memory.sums, 0, sums);
        for (; row < last; row++) {
            KERNEL(feature_row)(features, memory, x, row + count - 1, count, degree);
            KERNEL(feature_terms)(features, memory, row, count, degree, planes);
        }
        // A constant number of channels lets the inner loop unroll.
        if (features->plan.channels == 3) KERNEL(feature_blocks)(features, memory, block, last - first, out, 3);
        else if (features->plan.channels == 1) KERNEL(feature_blocks)(features, memory, block, last - first, out, 1);
        else KERNEL(feature_blocks)(features, memory, block, last - first, out, features->plan.channels);
    }
}

// The pixels themselves, region by region: squared distances are twice the mean squared difference / 255^2.
static void KERNEL(pixel_features)(const similarity_feature_plan *features, const uint8_t *x, float *out) {
    const similarity_plan *plan = &features->plan;
    int32_t channels = plan->channels;
    float scale = features->flat;
    for (int32_t row = 0; row < plan->height; row++) {
        int32_t band = row / features->block_rows;
        for (int32_t column = 0; column < plan->width; column += features->block_columns) {
            int32_t left = plan->width - column, width = left < features->block_columns ? left : features->block_columns;
            int32_t region = band * features->region_columns + column / features->block_columns;
            float *to = out + (ptrdiff_t)region * features->stride
                + row % features->block_rows * features->block_columns * channels;
            const uint8_t *from = x + ((ptrdiff_t)row * plan->width + column) * channels;
            for (int32_t j = 0; j < width * channels; j++) to[j] = (float)((int32_t)from[j] - 128) * scale;
        }
    }
}

// The filters' lengths and numbers must be constants for the inner loops to unroll; these are the common ones.
static void KERNEL(features)(const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch) {
    if (features->planes == 0) return KERNEL(pixel_features)(features, x, out);
    int32_t window = features->plan.window, degree = features->degree, planes = features->planes;
    int32_t common = degree == SIMILARITY_DEGREE ? window * 16 + planes : 0;
    switch (common) {
    case 7 * 16 + 2: return KERNEL(window_features)(features, x, out, scratch, 7, SIMILARITY_DEGREE, 2);
    case 7 * 16 + 5: return KERNEL(window_features)(features, x, out, scratch, 7, SIMILARITY_DEGREE, 5);
    case 11 * 16 + 2: return KERNEL(window_features)(features, x, out, scratch, 11, SIMILARITY_DEGREE, 2);
    case 11 * 16 + 5: return KERNEL(window_features)(features, x, out, scratch, 11, SIMILARITY_DEGREE, 5);
    default: return KERNEL(window_features)(features, x, out, scratch, window, degree, planes);
    }
}
