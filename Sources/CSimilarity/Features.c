// Plans of features.
#include <math.h>
#include <string.h>

#include "CSimilarity.h"

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }
static int32_t divided(int32_t a, int32_t b) { return (a + b - 1) / b; }

// Polynomials of rising degree, orthonormal under the window's weights, as filters: weight times value.
static void make_taps(similarity_feature_plan *features) {
    int32_t window = features->plan.window;
    double weights[11], polynomials[SIMILARITY_DEGREE + 1][11];
    for (int32_t k = 0; k < window; k++) weights[k] = features->plan.gaussian ? features->plan.weights[k] : 1.0 / window;
    for (int32_t degree = 0; degree <= features->degree; degree++) {
        double *own = polynomials[degree], length = 0;
        for (int32_t k = 0; k < window; k++) own[k] = pow(k - window / 2, degree);
        for (int32_t other = 0; other < degree; other++) {
            double share = 0;
            for (int32_t k = 0; k < window; k++) share += weights[k] * own[k] * polynomials[other][k];
            for (int32_t k = 0; k < window; k++) own[k] -= share * polynomials[other][k];
        }
        for (int32_t k = 0; k < window; k++) length += weights[k] * own[k] * own[k];
        for (int32_t k = 0; k < window; k++) {
            own[k] /= sqrt(length);
            features->taps[degree][k] = (float)(weights[k] * own[k]);
        }
    }
}

static void make_pixels(similarity_feature_plan *features) {
    const similarity_plan *plan = &features->plan;
    features->block_rows = larger(5, divided(plan->height, 6));
    features->block_columns = larger(5, divided(plan->width, 6));
    features->region_columns = divided(plan->width, features->block_columns);
    features->regions = divided(plan->height, features->block_rows) * features->region_columns;
    features->length = features->block_rows * features->block_columns * plan->channels;
    features->flat = (float)sqrt(2 / ((double)plan->height * plan->width * plan->channels * 65025));
}

void similarity_feature_plan_make(similarity_feature_plan *features, const similarity_plan *plan, int32_t planes) {
    memset(features, 0, sizeof *features);
    features->plan = *plan;
    features->planes = planes;
    if (planes == 0) {
        make_pixels(features);
    } else {
        // Blocks of windows as fine as 22 of them allow on the longer side.
        int32_t positions = plan->window_values / plan->channels;
        int32_t step = larger(1, (larger(plan->window_rows, positions) + 11) / 22);
        features->degree = plan->window <= SIMILARITY_DEGREE ? plan->window - 1 : SIMILARITY_DEGREE;
        features->filters = (features->degree + 1) * (features->degree + 2) / 2;
        features->block_rows = divided(plan->window_rows, step);
        features->block_columns = divided(positions, step);
        features->region_columns = divided(features->block_columns, 4);
        features->regions = divided(features->block_rows, 4) * features->region_columns;
        features->length = planes * features->filters * 16 * plan->channels;
        features->c1 = 6.5025f;
        // Sample covariance is np / (np - 1) of the weighted one: the constant shrinks instead.
        double np = (double)plan->window * plan->window;
        features->c2 = (float)(plan->gaussian || plan->window == 1 ? 58.5225 : 58.5225 * (np - 1) / np);
        features->flat = sqrtf(features->c2 / 2);
        make_taps(features);
    }
    features->stride = divided(features->length, 16) * 16;
}

size_t similarity_feature_scratch_bytes(const similarity_feature_plan *features) {
    size_t columns = (size_t)features->plan.columns, padded = (size_t)features->plan.padded;
    size_t sums = (size_t)(features->planes * features->filters) * padded;
    size_t ring = 2 * (size_t)features->plan.window * (size_t)(features->degree + 2) * padded;
    return (2 * columns + sums + ring) * sizeof(float);
}
