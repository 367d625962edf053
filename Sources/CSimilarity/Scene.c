// Scenes: what does not depend on the instruction set.
#include <math.h>
#include <string.h>

#include "CSimilarity.h"

enum { side = SIMILARITY_SCENE_SIDE, cells = SIMILARITY_SCENE_CELLS };

void similarity_scene_plan_make(similarity_scene_plan *plan, int32_t height, int32_t width, int32_t channels) {
    int32_t longer = height > width ? height : width;
    *plan = (similarity_scene_plan){
        .height = height,
        .width = width,
        .channels = channels,
        .across = (float)width / (float)longer,
        .down = (float)height / (float)longer,
    };
    float taper[side], sum = 0;
    for (int32_t i = 0; i < side; i++) {
        // Rises over a fifth of the side: what moves in or out there says little.
        float depth = ((float)(i < side - 1 - i ? i : side - 1 - i) + 0.5f) / (side * 0.2f);
        taper[i] = depth < 1 ? depth : 1;
        sum += taper[i];
    }
    double square = 0;
    for (int32_t cell = 0; cell < cells; cell++) {
        plan->u[cell] = ((float)(cell % side) - (side - 1) * 0.5f) * plan->across;
        plan->v[cell] = ((float)(cell / side) - (side - 1) * 0.5f) * plan->down;
        plan->weights[cell] = taper[cell % side] * taper[cell / side] / (sum * sum);
        double u = plan->u[cell], v = plan->v[cell];
        square += plan->weights[cell] * (u * u + v * v);
    }
    plan->radius = sqrt(square);
}

// Adds up what each of 16 equal parts of [0, count) covers of the values at 0 ... count - 1, in 16ths.
static void divide(const int64_t *values, int64_t count, int64_t parts[side]) {
    int64_t part = 0;
    for (int64_t index = 0; index < count; index++) {
        int64_t from = side * index, to = from + side;
        for (;; part++) {
            int64_t end = (part + 1) * count < to ? (part + 1) * count : to;
            parts[part] += values[index] * (end - from);
            from = end;
            if (from == to) break;
        }
        if ((part + 1) * count == to) part++;
    }
}

static void smooth(const float *from, float *to, int32_t step, int32_t other) {
    for (int32_t line = 0; line < side; line++) {
        for (int32_t place = 0; place < side; place++) {
            int32_t before = place > 0 ? place - 1 : 0, after = place < side - 1 ? place + 1 : place;
            const float *start = from + line * other;
            float sides = start[before * step] + start[after * step];
            to[line * other + place * step] = 0.25f * sides + 0.5f * start[place * step];
        }
    }
}

// Adds `times` (16 at most) a row of values to a row of sums.
static void add(int32_t *sums, const uint8_t *values, int64_t count, int32_t times) {
    for (int64_t index = 0; index < count; index++) sums[index] += (uint16_t)(times * values[index]);
}

// Adds up the channels and then the columns of a row of sums, which is cleared, to a row of cells.
static void take(const similarity_scene_plan *plan, int32_t *sums, int64_t *greys, int64_t cell[side]) {
    int64_t channels = plan->channels;
    for (int64_t column = 0; column < plan->width; column++) {
        greys[column] = 0;
        for (int64_t channel = 0; channel < channels; channel++) greys[column] += sums[column * channels + channel];
    }
    memset(sums, 0, (size_t)(plan->width * channels) * sizeof *sums);
    divide(greys, plan->width, cell);
}

void similarity_scene(const similarity_scene_plan *plan, const uint8_t *pixels, float *scene, int64_t *scratch) {
    int64_t cell_sums[cells] = {0}, height = plan->height, part = 0, count = (int64_t)plan->width * plan->channels;
    int32_t *sums = (int32_t *)(scratch + plan->width);
    memset(sums, 0, (size_t)count * sizeof *sums);
    for (int64_t row = 0; row < height; row++, pixels += count) {
        int64_t from = side * row, to = from + side;
        while (from < to) {
            int64_t last = (part + 1) * height, end = last < to ? last : to;
            add(sums, pixels, count, (int32_t)(end - from));
            from = end;
            if (end == last) take(plan, sums, scratch, cell_sums + part++ * side);
        }
    }
    double size = (double)plan->height * plan->width * plan->channels;
    float means[cells], halfway[cells];
    for (int32_t cell = 0; cell < cells; cell++) means[cell] = (float)((double)cell_sums[cell] / size);
    smooth(means, halfway, 1, side);
    smooth(halfway, scene, side, 1);
}
