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

// Adds `times` parts of a row to a row of cells.
static void add(int64_t *cell, const int64_t parts[side], int64_t times) {
    for (int32_t across = 0; across < side; across++) cell[across] += times * parts[across];
}

void similarity_scene(const similarity_scene_plan *plan, const uint8_t *pixels, float *scene, int64_t *scratch) {
    int64_t sums[cells] = {0}, height = plan->height, part = 0;
    for (int64_t row = 0; row < height; row++) {
        int64_t parts[side] = {0};
        for (int32_t column = 0; column < plan->width; column++) {
            int32_t grey = 0;
            for (int32_t channel = 0; channel < plan->channels; channel++) grey += *pixels++;
            scratch[column] = grey;
        }
        divide(scratch, plan->width, parts);
        int64_t from = side * row, to = from + side;
        for (;; part++) {
            int64_t end = (part + 1) * height < to ? (part + 1) * height : to;
            add(sums + part * side, parts, end - from);
            from = end;
            if (from == to) break;
        }
        if ((part + 1) * height == to) part++;
    }
    double size = (double)plan->height * plan->width * plan->channels;
    float means[cells], halfway[cells];
    for (int32_t cell = 0; cell < cells; cell++) means[cell] = (float)((double)sums[cell] / size);
    smooth(means, halfway, 1, side);
    smooth(halfway, scene, side, 1);
}
