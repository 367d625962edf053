// Registering one scene to another. Part of Kernels.h.
//
// What varies: shift across, shift down, turn, size, gain, offset. Turn and size are taken per 8 cells and gain per 64
// grey levels, so that all derivatives are of one magnitude.

enum { KERNEL(scene_side) = SIMILARITY_SCENE_SIDE, KERNEL(scene_cells) = SIMILARITY_SCENE_CELLS };

#define SCENE_ARM 8.0
#define SCENE_LIGHT 64.0f

INLINE double KERNEL(scene_dot)(const float *a, const float *b) {
    f32x16 sum = {};
    for (int32_t i = 0; i < KERNEL(scene_cells); i += 16) sum += LOAD(f32x16, a + i) * LOAD(f32x16, b + i);
    return KERNEL(sum16)(__builtin_convertvector(sum, f64x16));
}

// The weighted mean.
INLINE double KERNEL(scene_mean)(const similarity_scene_plan *plan, const float *a) {
    return KERNEL(scene_dot)(a, plan->weights);
}

// The weighted sum of squares; `weighted` is a times the weights.
INLINE double KERNEL(scene_square)(const similarity_scene_plan *plan, const float *a, float *weighted) {
    f32x16 sum = {};
    for (int32_t i = 0; i < KERNEL(scene_cells); i += 16) {
        f32x16 value = LOAD(f32x16, a + i), product = value * LOAD(f32x16, plan->weights + i);
        STORE(weighted + i, product);
        sum += value * product;
    }
    return KERNEL(sum16)(__builtin_convertvector(sum, f64x16));
}

INLINE void KERNEL(scene_shifted)(const float *a, double by, float *out) {
    for (int32_t i = 0; i < KERNEL(scene_cells); i += 16) STORE(out + i, LOAD(f32x16, a + i) - (float)by);
}

// The inverse of a symmetric, positive definite matrix, by Cholesky's decomposition.
static void KERNEL(scene_invert)(double matrix[6][6], double inverse[6][6]) {
    double lower[6][6] = {{0}};
    for (int32_t i = 0; i < 6; i++) {
        for (int32_t j = 0; j <= i; j++) {
            double rest = matrix[i][j];
            for (int32_t k = 0; k < j; k++) rest -= lower[i][k] * lower[j][k];
            lower[i][j] = i == j ? __builtin_sqrt(rest) : rest / lower[j][j];
        }
    }
    for (int32_t column = 0; column < 6; column++) {
        double x[6];
        for (int32_t i = 0; i < 6; i++) {
            double rest = i == column;
            for (int32_t k = 0; k < i; k++) rest -= lower[i][k] * x[k];
            x[i] = rest / lower[i][i];
        }
        for (int32_t i = 5; i >= 0; i--) {
            double rest = x[i];
            for (int32_t k = i + 1; k < 6; k++) rest -= lower[k][i] * x[k];
            x[i] = rest / lower[i][i];
        }
        for (int32_t i = 0; i < 6; i++) inverse[i][column] = x[i];
    }
}

static void KERNEL(scene_query)(
    const similarity_scene_plan *plan, const float *scene, similarity_scene_query *query) {
    enum { side = KERNEL(scene_side), last = side - 1 };
    float slopes[6][KERNEL(scene_cells)];
    for (int32_t cell = 0; cell < KERNEL(scene_cells); cell++) {
        int32_t row = cell / side, column = cell % side;
        int32_t left = column > 0 ? column - 1 : 0, right = column < last ? column + 1 : last;
        int32_t above = row > 0 ? row - 1 : 0, below = row < last ? row + 1 : last;
        float du = (scene[row * side + right] - scene[row * side + left]) / ((float)(right - left) * plan->across);
        float dv = (scene[below * side + column] - scene[above * side + column]) / ((float)(below - above) * plan->down);
        float u = plan->u[cell], v = plan->v[cell];
        slopes[0][cell] = du;
        slopes[1][cell] = dv;
        slopes[2][cell] = (u * dv - v * du) / (float)SCENE_ARM;
        slopes[3][cell] = (u * du + v * dv) / (float)SCENE_ARM;
        slopes[4][cell] = scene[cell] / SCENE_LIGHT;
        slopes[5][cell] = 1;
    }
    double products[6][6];
    for (int32_t i = 0; i < 6; i++) {
        KERNEL(scene_square)(plan, slopes[i], query->slopes[i]);
        for (int32_t j = 0; j <= i; j++) {
            products[i][j] = products[j][i] = KERNEL(scene_dot)(slopes[j], query->slopes[i]);
        }
        // A flat scene has no slopes: they must not be divided by nothing.
        products[i][i] += 1e-3;
    }
    KERNEL(scene_invert)(products, query->inverse);
    query->mean = KERNEL(scene_mean)(plan, scene);
    KERNEL(scene_shifted)(scene, query->mean, query->values);
    float weighted[KERNEL(scene_cells)];
    // 25: differences of five grey levels are nothing, however flat the scene.
    query->scale = KERNEL(scene_square)(plan, query->values, weighted) + 25;
}

INLINE void KERNEL(scene_falls)(const similarity_scene_query *query, const float *difference, double falls[6]) {
    for (int32_t i = 0; i < 6; i++) falls[i] = KERNEL(scene_dot)(difference, query->slopes[i]);
}

// The residual that is left to first order.
INLINE double KERNEL(scene_tangent)(
    const similarity_scene_plan *plan, const similarity_scene_query *query, const float *scene) {
    float difference[KERNEL(scene_cells)], weighted[KERNEL(scene_cells)];
    KERNEL(scene_shifted)(scene, query->mean, difference);
    for (int32_t i = 0; i < KERNEL(scene_cells); i += 16) {
        STORE(difference + i, LOAD(f32x16, difference + i) - LOAD(f32x16, query->values + i));
    }
    double left = KERNEL(scene_square)(plan, difference, weighted), falls[6];
    KERNEL(scene_falls)(query, difference, falls);
    for (int32_t i = 0; i < 6; i++) {
        for (int32_t j = 0; j < 6; j++) left -= falls[i] * query->inverse[i][j] * falls[j];
    }
    return left / query->scale;
}

// `scene` seen through a motion: bilinear between cells, and beyond the edge as at it.
INLINE void KERNEL(scene_moved)(
    const similarity_scene_plan *plan, const similarity_scene_motion *motion, const float *scene, float *out) {
    enum { side = KERNEL(scene_side) };
    float re = (float)motion->scale_re, im = (float)motion->scale_im;
    float shift_u = (float)motion->shift_u, shift_v = (float)motion->shift_v;
    const float centre = (side - 1) * 0.5f, edge = side - 1.001f;
    float across[KERNEL(scene_cells)], down[KERNEL(scene_cells)];
    int32_t places[KERNEL(scene_cells)];
    f32x16 zero = {};
    for (int32_t i = 0; i < KERNEL(scene_cells); i += 16) {
        f32x16 u = LOAD(f32x16, plan->u + i), v = LOAD(f32x16, plan->v + i);
        f32x16 x = (u * re - v * im + shift_u) / plan->across + centre;
        f32x16 y = (u * im + v * re + shift_v) / plan->down + centre;
        x = __builtin_elementwise_min(__builtin_elementwise_max(x, zero), zero + edge);
        y = __builtin_elementwise_min(__builtin_elementwise_max(y, zero), zero + edge);
        i32x16 column = __builtin_convertvector(x, i32x16), row = __builtin_convertvector(y, i32x16);
        STORE(across + i, x - __builtin_convertvector(column, f32x16));
        STORE(down + i, y - __builtin_convertvector(row, f32x16));
        STORE(places + i, row * side + column);
    }
    for (int32_t i = 0; i < KERNEL(scene_cells); i++) {
        const float *cell = scene + places[i];
        float above = cell[0] + (cell[1] - cell[0]) * across[i];
        float below = cell[side] + (cell[side + 1] - cell[side]) * across[i];
        out[i] = above + (below - above) * down[i];
    }
}

// What `motion`, with the best gain, leaves; `difference` is the moved scene less the query's.
INLINE void KERNEL(scene_judge)(
    const similarity_scene_plan *plan, const similarity_scene_query *query, const float *scene,
    similarity_scene_motion *motion, float *difference) {
    float moved[KERNEL(scene_cells)], weighted[KERNEL(scene_cells)];
    KERNEL(scene_moved)(plan, motion, scene, moved);
    KERNEL(scene_shifted)(moved, KERNEL(scene_mean)(plan, moved), moved);
    double square = KERNEL(scene_square)(plan, moved, weighted);
    double gain = KERNEL(scene_dot)(query->values, weighted) / (square + 1e-9);
    motion->gain = gain < 0.75 ? 0.75 : gain > 1.33 ? 1.33 : gain;
    for (int32_t i = 0; i < KERNEL(scene_cells); i += 16) {
        STORE(difference + i, LOAD(f32x16, moved + i) * (float)motion->gain - LOAD(f32x16, query->values + i));
    }
    motion->residual = KERNEL(scene_square)(plan, difference, weighted) / query->scale;
}

static void KERNEL(scene_register)(
    const similarity_scene_plan *plan, const similarity_scene_query *query, const float *scene,
    similarity_scene_motion *best) {
    similarity_scene_motion motion = {.scale_re = 1, .gain = 1, .residual = INFINITY};
    *best = motion;
    if (KERNEL(scene_tangent)(plan, query, scene) > 0.4) return;
    for (int32_t step = 0;; step++) {
        float difference[KERNEL(scene_cells)];
        KERNEL(scene_judge)(plan, query, scene, &motion, difference);
        if (motion.residual < best->residual) *best = motion;
        if (step == 5) return;
        double falls[6], change[4] = {0};
        KERNEL(scene_falls)(query, difference, falls);
        for (int32_t i = 0; i < 4; i++) {
            for (int32_t j = 0; j < 6; j++) change[i] += query->inverse[i][j] * falls[j];
        }
        // The query would have to move by z -> e z + d: the motion is followed by its inverse.
        double re = 1 + change[3] / SCENE_ARM, im = change[2] / SCENE_ARM, square = re * re + im * im;
        double scale_re = (motion.scale_re * re + motion.scale_im * im) / square;
        double scale_im = (motion.scale_im * re - motion.scale_re * im) / square;
        motion.shift_u -= scale_re * change[0] - scale_im * change[1];
        motion.shift_v -= scale_im * change[0] + scale_re * change[1];
        motion.scale_re = scale_re;
        motion.scale_im = scale_im;
        double size = scale_re * scale_re + scale_im * scale_im;
        int far = __builtin_fabs(motion.shift_u) > 4 || __builtin_fabs(motion.shift_v) > 4;
        if (far || !(size > 0.7225 && size < 1.38) || !(__builtin_fabs(scale_im) <= 0.268 * scale_re)) return;
        double turn = (change[2] * change[2] + change[3] * change[3]) / (SCENE_ARM * SCENE_ARM) * plan->radius * plan->radius;
        // A thirtieth of a cell is nothing.
        if (change[0] * change[0] + change[1] * change[1] + turn < 1e-3) return;
    }
}
