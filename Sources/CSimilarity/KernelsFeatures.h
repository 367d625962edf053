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

INLINE f32x16 KERNEL(tap)(const float *from, const float *taps, ptrdiff_t stride, int32_t count) {
#pragma clang fp contract(fast)
    f32x16 sum = LOAD(f32x16, from) * taps[0];
    for (int32_t k = 1; k < count; k++) sum += LOAD(f32x16, from + k * stride) * taps[k];
    return sum;
}

INLINE void KERNEL(feature_row)(
    const similarity_feature_plan *features, KERNEL(feature_memory) memory, const uint8_t *x, int32_t row, int32_t count) {
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
    for (int32_t quantity = 0; quantity < memory.quantities; quantity++, slot += padded) {
        int32_t order = quantity <= features->degree ? quantity : 0;
        const float *from = quantity <= features->degree ? memory.values : memory.squares;
        for (ptrdiff_t j = 0; j < padded; j += 16) {
            f32x16 value = KERNEL(tap)(from + j, features->taps[order], plan->channels, count);
            STORE(memory.ring + slot + j, value);
            STORE(memory.ring + again + slot + j, value);
        }
    }
}

// Column j of the ring's quantity, filtered vertically; `row` is the image row of the window's first row.
INLINE f32x16 KERNEL(vertical)(
    const similarity_feature_plan *features, KERNEL(feature_memory) memory, int32_t quantity, int32_t order, int32_t row,
    ptrdiff_t j, int32_t count) {
    ptrdiff_t slot = memory.quantities * memory.padded;
    const float *from = memory.ring + row % count * slot + quantity * memory.padded + j;
    return KERNEL(tap)(from, features->taps[order], slot, count);
}

// Adds the features of a row of windows to the blocks' sums.
INLINE void KERNEL(feature_terms)(
    const similarity_feature_plan *features, KERNEL(feature_memory) memory, int32_t row, int32_t count) {
#pragma clang fp contract(fast)
    ptrdiff_t padded = memory.padded;
    for (ptrdiff_t j = 0; j < padded; j += 16) {
        f32x16 mean = KERNEL(vertical)(features, memory, 0, 0, row, j, count);
        f32x16 variance =
            KERNEL(vertical)(features, memory, features->degree + 1, 0, row, j, count) - mean * mean;
        variance = (f32x16)((i32x16)variance & (variance > 0.0f));
        f32x16 m = mean + 128.0f, a = variance + features->c2 / 2, near[SIMILARITY_PLANES], weights[SIMILARITY_PLANES];
        for (int32_t plane = 0; plane < features->planes; plane++) {
            float centre = features->means[plane], other = features->energies[plane];
            f32x16 luminance = m * (2 * centre) + features->c1;
            f32x16 d = (m * m + (centre * centre + features->c1)) * (a + other);
            near[plane] = luminance * features->roots[plane] / d;
            f32x16 weight = near[0] * features->inverse[plane][0];
            for (int32_t k = 1; k <= plane; k++) weight += near[k] * features->inverse[plane][k];
            weights[plane] = weight;
        }
        float *sums = memory.sums + j;
        for (int32_t plane = 0; plane < features->planes; plane++) {
            float *sum = sums + (ptrdiff_t)plane * features->filters * padded;
            STORE(sum, LOAD(f32x16, sum) + weights[plane] * features->flat);
        }
        sums += padded;
        for (int32_t across = 0; across <= features->degree; across++) {
            for (int32_t down = across == 0; down <= features->degree - across; down++, sums += padded) {
                f32x16 value = KERNEL(vertical)(features, memory, across, down, row, j, count);
                for (int32_t plane = 0; plane < features->planes; plane++) {
                    float *sum = sums + (ptrdiff_t)plane * features->filters * padded;
                    STORE(sum, LOAD(f32x16, sum) + weights[plane] * value);
                }
            }
        }
    }
}

// Writes the sums of a row of blocks to their regions.
INLINE void KERNEL(feature_blocks)(
    const similarity_feature_plan *features, KERNEL(feature_memory) memory, int32_t block_row, int32_t rows, float *out,
    int32_t channels) {
    int32_t positions = features->plan.window_values / channels;
    int32_t kinds = features->planes * features->filters, blocks = features->block_columns;
    for (int32_t block = 0; block < blocks; block++) {
        int32_t first = positions * block / blocks, width = positions * (block + 1) / blocks - first;
        float scale = 1 / sqrtf((float)(rows * width));
        int32_t region = block_row / 4 * features->region_columns + block / 4;
        float *to = out + (ptrdiff_t)region * features->stride + (block_row % 4 * 4 + block % 4) * channels;
        const float *from = memory.sums + first * channels;
        for (int32_t kind = 0; kind < kinds; kind++, to += 16 * channels, from += memory.padded) {
            for (int32_t channel = 0; channel < channels; channel++) {
                float sum = from[channel];
                for (int32_t k = 1; k < width; k++) sum += from[k * channels + channel];
                to[channel] = sum * scale;
            }
        }
    }
}

INLINE void KERNEL(window_features)(
    const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch, int32_t count) {
    KERNEL(feature_memory) memory = KERNEL(feature_memory_in)(features, scratch);
    size_t sums = (size_t)features->planes * (size_t)features->filters * (size_t)memory.padded * sizeof(float);
    int32_t rows = features->plan.window_rows, blocks = features->block_rows;
    for (int32_t row = 0; row < count - 1; row++) KERNEL(feature_row)(features, memory, x, row, count);
    for (int32_t block = 0, row = 0; block < blocks; block++) {
        int32_t first = row, last = rows * (block + 1) / blocks;
        memset(memory.sums, 0, sums);
        for (; row < last; row++) {
            KERNEL(feature_row)(features, memory, x, row + count - 1, count);
            KERNEL(feature_terms)(features, memory, row, count);
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

// The filters' lengths must be constants for the inner loops to unroll.
static void KERNEL(features)(const similarity_feature_plan *features, const uint8_t *x, float *out, void *scratch) {
    memset(out, 0, (size_t)features->regions * (size_t)features->stride * sizeof(float));
    if (features->planes == 0) return KERNEL(pixel_features)(features, x, out);
    switch (features->plan.window) {
    case 7: return KERNEL(window_features)(features, x, out, scratch, 7);
    case 11: return KERNEL(window_features)(features, x, out, scratch, 11);
    default: return KERNEL(window_features)(features, x, out, scratch, features->plan.window);
    }
}
