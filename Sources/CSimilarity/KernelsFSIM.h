// FSIM's maps of one image, and the distance of two images by their maps (see FSIM.h).

// Luminance (Y of YIQ for three channels, else the mean), averaged over squares, in a border of zeros.
static void KERNEL(fsim_luminance)(const similarity_fsim *plan, const uint8_t *pixels, double *luminance) {
    size_t stride = plan->row_lanes + 8, pool = (size_t)plan->pool, channels = (size_t)plan->channels;
    size_t source = (size_t)plan->source_width * channels;
    double area = (double)(pool * pool);
    memset(luminance, 0, (size_t)(plan->height + 2) * stride * sizeof(double));
    for (size_t y = 0; y < (size_t)plan->height; y++) {
        for (size_t x = 0; x < (size_t)plan->width; x++) {
            int64_t sums[3] = {0};
            const uint8_t *corner = pixels + y * pool * source + x * pool * channels;
            for (size_t row = 0; row < pool; row++)
                for (size_t k = 0; k < pool * channels; k++)
                    sums[channels == 3 ? k % 3 : 0] += corner[row * source + k];
            double a = (double)sums[0], b = (double)sums[1], c = (double)sums[2];
            double value = channels == 3 ? 0.299 * a + 0.587 * b + 0.114 * c : a / (double)channels;
            luminance[(y + 1) * stride + x + 1] = value / area;
        }
    }
}

static void KERNEL(fsim_gradient)(const similarity_fsim *plan, const double *luminance, uint16_t *gradient) {
    size_t stride = plan->row_lanes + 8, width = (size_t)plan->width;
    for (size_t y = 0; y < (size_t)plan->height; y++) {
        const double *above = luminance + y * stride, *here = above + stride, *below = here + stride;
        for (size_t x = 0; x < width; x += 8) {
#define AT(row, offset) LOAD(f64x8, row + x + offset)
            f64x8 across = (AT(above, 2) + AT(below, 2)) - (AT(above, 0) + AT(below, 0));
            f64x8 down = (AT(below, 0) + AT(below, 2)) - (AT(above, 0) + AT(above, 2));
            across = (across * 3.0 + (AT(here, 2) - AT(here, 0)) * 10.0) / 16.0;
            down = (down * 3.0 + (AT(below, 1) - AT(above, 1)) * 10.0) / 16.0;
#undef AT
            f64x8 magnitude = __builtin_elementwise_sqrt(across * across + down * down);
            i32x8 units = __builtin_convertvector(magnitude * FSIM_GRADIENT_UNITS + 0.5, i32x8);
            for (size_t k = 0; k < 8 && x + k < width; k++) gradient[y * width + x + k] = (uint16_t)units[k];
        }
    }
}

// `rows` x `columns` values to `columns` x `rows`.
INLINE void KERNEL(transpose)(
    const double *from, size_t rows, size_t columns, size_t stride, double *to, size_t to_stride) {
    for (size_t top = 0; top < rows; top += 8)
        for (size_t x = 0; x < columns; x++)
            for (size_t y = top; y < rows && y < top + 8; y++) to[x * to_stride + y] = from[y * stride + x];
}

typedef struct {
    double *luminance, *spectrum_re, *spectrum_im, *filtered_re, *filtered_im;
    double *even[FSIM_SCALES], *odd[FSIM_SCALES], *amplitude, *energy, *energies, *fourier;
} KERNEL(fsim_work);

static KERNEL(fsim_work) KERNEL(fsim_work_in)(const similarity_fsim *plan, void *scratch) {
    size_t columns = (size_t)plan->width * plan->column_lanes, rows = (size_t)plan->height * plan->row_lanes;
    KERNEL(fsim_work) work;
    double *next = scratch;
#define TAKE(count) ({ double *taken_ = next; next += (count); taken_; })
    work.luminance = TAKE((size_t)(plan->height + 2) * (plan->row_lanes + 8));
    work.spectrum_re = TAKE(columns);
    work.spectrum_im = TAKE(columns);
    work.filtered_re = TAKE(columns);
    work.filtered_im = TAKE(columns);
    for (int scale = 0; scale < FSIM_SCALES; scale++) {
        work.even[scale] = TAKE(rows);
        work.odd[scale] = TAKE(rows);
    }
    work.amplitude = TAKE(rows);
    work.energy = TAKE(rows);
    work.energies = TAKE(rows);
    work.fourier = next;
#undef TAKE
    return work;
}

// The first pixel is taken off: no filter sees a constant, and of a flat image exactly nothing is left.
static void KERNEL(fsim_spectrum)(const similarity_fsim *plan, KERNEL(fsim_work) work) {
    size_t height = (size_t)plan->height, width = (size_t)plan->width, stride = plan->row_lanes + 8;
    size_t rows = height * plan->row_lanes, columns = width * plan->column_lanes;
    const double *luminance = work.luminance + stride + 1;
    double first = luminance[0], scale = 1 / (double)(height * width);
    double *re = work.even[0], *im = work.odd[0];
    memset(re, 0, rows * sizeof(double));
    memset(im, 0, rows * sizeof(double));
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) re[y * plan->row_lanes + x] = (luminance[y * stride + x] - first) * scale;
    KERNEL(fourier_transform)(&plan->down, re, im, plan->row_lanes, work.fourier);
    memset(work.spectrum_re, 0, columns * sizeof(double));
    memset(work.spectrum_im, 0, columns * sizeof(double));
    KERNEL(transpose)(re, height, width, plan->row_lanes, work.spectrum_re, plan->column_lanes);
    KERNEL(transpose)(im, height, width, plan->row_lanes, work.spectrum_im, plan->column_lanes);
    KERNEL(fourier_transform)(
        &plan->across, work.spectrum_re, work.spectrum_im, plan->column_lanes, work.fourier);
}

// Even and odd responses to one filter.
static void KERNEL(fsim_response)(
    const similarity_fsim *plan, KERNEL(fsim_work) work, int orientation, int scale) {
    size_t height = (size_t)plan->height, width = (size_t)plan->width;
    for (size_t q = 0; q < width * plan->column_lanes; q += 8) {
        f64x8 filter = LOAD(f64x8, plan->radial[scale] + q) * LOAD(f64x8, plan->angular[orientation] + q);
        STORE(work.filtered_re + q, LOAD(f64x8, work.spectrum_re + q) * filter);
        STORE(work.filtered_im + q, LOAD(f64x8, work.spectrum_im + q) * filter);
    }
    // Exchanged parts make it the inverse.
    KERNEL(fourier_transform)(
        &plan->across, work.filtered_im, work.filtered_re, plan->column_lanes, work.fourier);
    double *even = work.even[scale], *odd = work.odd[scale];
    memset(even, 0, height * plan->row_lanes * sizeof(double));
    memset(odd, 0, height * plan->row_lanes * sizeof(double));
    KERNEL(transpose)(work.filtered_re, width, height, plan->column_lanes, even, plan->row_lanes);
    KERNEL(transpose)(work.filtered_im, width, height, plan->column_lanes, odd, plan->row_lanes);
    KERNEL(fourier_transform)(&plan->down, odd, even, plan->row_lanes, work.fourier);
}

// The noise threshold of an orientation, from the responses of the smallest scale.
static double KERNEL(fsim_threshold)(
    const similarity_fsim *plan, KERNEL(fsim_work) work, int orientation) {
    size_t width = (size_t)plan->width, count = 0;
    for (size_t y = 0; y < (size_t)plan->height; y++) {
        const double *even = work.even[0] + y * plan->row_lanes, *odd = work.odd[0] + y * plan->row_lanes;
        for (size_t x = 0; x < width; x++) work.energies[count++] = even[x] * even[x] + odd[x] * odd[x];
    }
    return plan->noise[orientation] * __builtin_sqrt(fsim_median(work.energies, count));
}

// Adds an orientation's amplitudes, and its energy beyond noise.
static void KERNEL(fsim_add_energy)(const similarity_fsim *plan, KERNEL(fsim_work) work, double threshold) {
    for (size_t q = 0; q < (size_t)plan->height * plan->row_lanes; q += 8) {
        f64x8 amplitude = LOAD(f64x8, work.amplitude + q), sum_even = {}, sum_odd = {}, energy = {};
        for (int scale = 0; scale < FSIM_SCALES; scale++) {
            f64x8 even = LOAD(f64x8, work.even[scale] + q), odd = LOAD(f64x8, work.odd[scale] + q);
            amplitude += __builtin_elementwise_sqrt(even * even + odd * odd);
            sum_even += even;
            sum_odd += odd;
        }
        f64x8 norm = __builtin_elementwise_sqrt(sum_even * sum_even + sum_odd * sum_odd) + DBL_EPSILON;
        f64x8 mean_even = sum_even / norm, mean_odd = sum_odd / norm;
        for (int scale = 0; scale < FSIM_SCALES; scale++) {
            f64x8 even = LOAD(f64x8, work.even[scale] + q), odd = LOAD(f64x8, work.odd[scale] + q);
            f64x8 across = even * mean_odd - odd * mean_even;
            energy += (even * mean_even + odd * mean_odd) - __builtin_elementwise_abs(across);
        }
        energy -= threshold;
        i64x8 is_positive = energy > 0.0;
        energy = (f64x8)((i64x8)energy & is_positive);
        STORE(work.amplitude + q, amplitude);
        STORE(work.energy + q, LOAD(f64x8, work.energy + q) + energy);
    }
}

static void KERNEL(fsim_maps)(
    const similarity_fsim *plan, const uint8_t *pixels, void *maps, void *scratch) {
    KERNEL(fsim_work) work = KERNEL(fsim_work_in)(plan, scratch);
    size_t height = (size_t)plan->height, width = (size_t)plan->width, rows = height * plan->row_lanes;
    memset(maps, 0, FSIM_HEADER + plan->map_count * 2 * sizeof(uint16_t));
    uint16_t *congruency = (uint16_t *)((char *)maps + FSIM_HEADER), *gradient = congruency + plan->map_count;
    KERNEL(fsim_luminance)(plan, pixels, work.luminance);
    KERNEL(fsim_gradient)(plan, work.luminance, gradient);
    KERNEL(fsim_spectrum)(plan, work);
    memset(work.amplitude, 0, rows * sizeof(double));
    memset(work.energy, 0, rows * sizeof(double));
    for (int orientation = 0; orientation < FSIM_ORIENTATIONS; orientation++) {
        for (int scale = 0; scale < FSIM_SCALES; scale++) KERNEL(fsim_response)(plan, work, orientation, scale);
        KERNEL(fsim_add_energy)(plan, work, KERNEL(fsim_threshold)(plan, work, orientation));
    }
    uint64_t sum = 0;
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++) {
            size_t place = y * plan->row_lanes + x;
            double value = (work.energy[place] + DBL_EPSILON) / (work.amplitude[place] + DBL_EPSILON);
            uint32_t units = (uint32_t)(value * FSIM_CONGRUENCY_UNITS + 0.5);
            congruency[y * width + x] = (uint16_t)(units < 65535 ? units : 65535);
            sum += congruency[y * width + x];
        }
    }
    memcpy(maps, &sum, sizeof sum);
}
