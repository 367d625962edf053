// Filters and constants as in the paper's own program and PyPI's `piq` 0.8.0: log-Gabor filters of four scales and four
// orientations, smallest wavelength 6, factor 2, sigma on f 0.55, angular sigma pi / 4 / 1.2, k = 2.
#include "FSIM.h"

#include <math.h>
#include <string.h>

#include "Elementary.h"

static const double pi = 0x1.921fb54442d18p+1;

static size_t rounded(size_t value, size_t step) { return (value + step - 1) / step * step; }

// Halves are rounded to even, as Python's round() does.
static int32_t pool_side(int32_t height, int32_t width) {
    double side = rint((height < width ? height : width) / 256.0);
    return side < 1 ? 1 : (int32_t)side;
}

// The frequency of row `k` of a transform; piq divides by one less where the length is odd.
static double frequency(int32_t k, int32_t length) {
    if (length == 1) return 0;
    int32_t signed_k = k <= (length - 1) / 2 ? k : k - length;
    return (double)signed_k / (length % 2 ? length - 1 : length);
}

size_t similarity_fsim_bytes(int32_t height, int32_t width) {
    int32_t pool = pool_side(height, width);
    size_t h = (size_t)(height / pool), w = (size_t)(width / pool);
    size_t filters = (FSIM_SCALES + FSIM_ORIENTATIONS) * w * rounded(h, 8);
    size_t tables = fourier_table_count((int32_t)h) + fourier_table_count((int32_t)w);
    return rounded(sizeof(similarity_fsim), 64) + (filters + tables) * sizeof(double);
}

// log-Gabor of each scale, cut off by a Butterworth low-pass of order 15 at 0.45.
static void make_radial(double radius, double values[FSIM_SCALES]) {
    double ratio = radius / 0.45, power = 1, spread = elementary_log(0.55);
    for (int k = 0; k < 30; k++) power *= ratio;
    for (int scale = 0; scale < FSIM_SCALES; scale++) {
        double log_ratio = elementary_log(radius * (6 << scale));
        values[scale] = elementary_exp(-log_ratio * log_ratio / (2 * spread * spread)) / (1 + power);
    }
}

static void make_angular(double cosine, double sine, double values[FSIM_ORIENTATIONS]) {
    double sigma = pi / (FSIM_ORIENTATIONS * 1.2);
    for (int orientation = 0; orientation < FSIM_ORIENTATIONS; orientation++) {
        double c, s;
        elementary_turn(orientation, 2 * FSIM_ORIENTATIONS, &c, &s);
        double distance = elementary_atan2(sine * c - cosine * s, cosine * c + sine * s);
        values[orientation] = elementary_exp(-distance * distance / (2 * sigma * sigma));
    }
}

static void make_filters(similarity_fsim *plan, double *radial, double *angular) {
    size_t lanes = plan->column_lanes, size = (size_t)plan->width * lanes;
    memset(radial, 0, FSIM_SCALES * size * sizeof(double));
    memset(angular, 0, FSIM_ORIENTATIONS * size * sizeof(double));
    for (int32_t x = 0; x < plan->width; x++) {
        for (int32_t y = 0; y < plan->height; y++) {
            if (x == 0 && y == 0) continue;
            // piq measures angles from the vertical frequency on.
            double fx = frequency(x, plan->width), fy = frequency(y, plan->height);
            double radius = sqrt(fx * fx + fy * fy);
            double radii[FSIM_SCALES], angles[FSIM_ORIENTATIONS];
            make_radial(radius, radii);
            make_angular(fy / radius, -fx / radius, angles);
            size_t place = (size_t)x * lanes + (size_t)y;
            for (int k = 0; k < FSIM_SCALES; k++) radial[(size_t)k * size + place] = radii[k];
            for (int k = 0; k < FSIM_ORIENTATIONS; k++) angular[(size_t)k * size + place] = angles[k];
        }
    }
    for (int k = 0; k < FSIM_SCALES; k++) plan->radial[k] = radial + (size_t)k * size;
    for (int k = 0; k < FSIM_ORIENTATIONS; k++) plan->angular[k] = angular + (size_t)k * size;
}

// The real part of a filter in space has the even part of the filter as its transform; by Parseval's theorem the sums
// over space of the paper's program are sums over frequencies.
static double noise_factor(const similarity_fsim *plan, int orientation) {
    size_t lanes = plan->column_lanes;
    double smallest = 0, squares = 0, products = 0;
    for (int32_t x = 0; x < plan->width; x++) {
        for (int32_t y = 0; y < plan->height; y++) {
            size_t place = (size_t)x * lanes + (size_t)y;
            size_t opposite = (size_t)((plan->width - x) % plan->width) * lanes
                + (size_t)((plan->height - y) % plan->height);
            double a = plan->angular[orientation][place], b = plan->angular[orientation][opposite];
            double sum = 0;
            for (int scale = 0; scale < FSIM_SCALES; scale++) {
                double filter = plan->radial[scale][place] * a;
                double even = (filter + plan->radial[scale][opposite] * b) / 2;
                if (scale == 0) smallest += filter * filter;
                squares += even * even;
                products += sum * even;
                sum += even;
            }
        }
    }
    if (smallest == 0) return 0;
    double noise_energy = (2 * squares + 4 * products) / (elementary_log(2) * smallest);
    double tau = sqrt(noise_energy / 2);
    // Mean and two standard deviations of a Rayleigh distribution, scaled as the paper's program does.
    return (tau * sqrt(pi / 2) + 2 * tau * sqrt(2 - pi / 2)) / 1.7;
}

const similarity_fsim *similarity_fsim_make(void *memory, int32_t height, int32_t width, int32_t channels) {
    similarity_fsim *plan = memory;
    memset(plan, 0, sizeof *plan);
    plan->pool = pool_side(height, width);
    plan->source_width = width;
    plan->channels = channels;
    plan->height = height / plan->pool;
    plan->width = width / plan->pool;
    plan->row_lanes = rounded((size_t)plan->width, 8);
    plan->column_lanes = rounded((size_t)plan->height, 8);
    plan->map_count = rounded((size_t)plan->height * (size_t)plan->width, 32);
    double *radial = (double *)((char *)memory + rounded(sizeof *plan, 64));
    size_t size = (size_t)plan->width * plan->column_lanes;
    double *angular = radial + FSIM_SCALES * size, *tables = angular + FSIM_ORIENTATIONS * size;
    make_filters(plan, radial, angular);
    fourier_plan_make(&plan->down, plan->height, tables);
    fourier_plan_make(&plan->across, plan->width, tables + fourier_table_count(plan->height));
    for (int orientation = 0; orientation < FSIM_ORIENTATIONS; orientation++)
        plan->noise[orientation] = noise_factor(plan, orientation);
    return plan;
}

size_t similarity_fsim_map_bytes(const similarity_fsim *plan) {
    return FSIM_HEADER + plan->map_count * 2 * sizeof(uint16_t);
}

size_t similarity_fsim_scratch_bytes(const similarity_fsim *plan) {
    size_t columns = (size_t)plan->width * plan->column_lanes, rows = (size_t)plan->height * plan->row_lanes;
    size_t down = fourier_scratch_count(&plan->down, plan->row_lanes);
    size_t across = fourier_scratch_count(&plan->across, plan->column_lanes);
    size_t bordered = (size_t)(plan->height + 2) * (plan->row_lanes + 8);
    // Spectrum and filtered spectrum; responses of each scale, sums of amplitude and energy, energies for the median.
    size_t count = bordered + 4 * columns + (2 * FSIM_SCALES + 3) * rows + (down > across ? down : across);
    return count * sizeof(double);
}

// Non-negative numbers are in the order of their bits: 11 of these at a time leave ever fewer candidates.
double fsim_median(double *values, size_t count) {
    size_t rank = (count - 1) / 2;
    for (int shift = 53; count > 1; shift -= 11) {
        int position = shift < 0 ? 0 : shift;
        size_t counts[2048] = {0};
        uint64_t bits, digit = 0;
        for (size_t i = 0; i < count; i++) {
            memcpy(&bits, &values[i], sizeof bits);
            counts[bits >> position & 2047]++;
        }
        for (; rank >= counts[digit]; digit++) rank -= counts[digit];
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            memcpy(&bits, &values[i], sizeof bits);
            if ((bits >> position & 2047) == digit) values[kept++] = values[i];
        }
        count = kept;
        if (position == 0) break;
    }
    return values[0];
}
