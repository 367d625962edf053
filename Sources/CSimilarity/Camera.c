// What cameras do to a picture, told from what they do not.
#include "CSimilarity.h"

// The columns: the shift to the right and down, the blur, the earlier value (contrast), the difference.
enum { RIGHT, DOWN, BLUR, CONTRAST, DIFFERENCE, COLUMNS };

// Pixels whose products, each at most 2040 * 2040, add up within 32 bits.
enum { PIECE = 256 };

// A column whose rest is this small a part of it adds nothing to those before it.
static const double least = 1e-9;

/// Removes from all columns what `column` explains of them.
static void eliminate(double m[COLUMNS][COLUMNS], int column, double size) {
    double pivot = m[column][column];
    if (!(pivot > least * size)) return;
    for (int a = 0; a < COLUMNS; a++) {
        if (a == column) continue;
        double factor = m[a][column] / pivot;
        for (int b = 0; b < COLUMNS; b++) {
            if (b != column) m[a][b] -= factor * m[column][b];
        }
    }
    for (int a = 0; a < COLUMNS; a++) m[a][column] = m[column][a] = 0;
}

/// Adds what `count` pixels of a row give.
static void add_piece(
    const uint8_t *p, const uint8_t *q, int32_t count, ptrdiff_t step, ptrdiff_t row, int64_t sums[COLUMNS],
    int64_t products[COLUMNS][COLUMNS]) {
    int16_t columns[COLUMNS][PIECE];
    for (int32_t x = 0; x < count; x++, p += step, q += step) {
        int32_t right = p[step] + q[step], left = p[-step] + q[-step];
        int32_t below = p[row] + q[row], above = p[-row] + q[-row];
        columns[RIGHT][x] = (int16_t)(right - left);
        columns[DOWN][x] = (int16_t)(below - above);
        columns[BLUR][x] = (int16_t)(right + left + below + above - 4 * (p[0] + q[0]));
        columns[CONTRAST][x] = p[0];
        columns[DIFFERENCE][x] = (int16_t)(q[0] - p[0]);
    }
    for (int a = 0; a < COLUMNS; a++) {
        int32_t sum = 0;
        for (int32_t x = 0; x < count; x++) sum += columns[a][x];
        sums[a] += sum;
        for (int b = a; b < COLUMNS; b++) {
            int32_t product = 0;
            for (int32_t x = 0; x < count; x++) product += columns[a][x] * columns[b][x];
            products[a][b] += product;
        }
    }
}

/// Values in 256ths of a grey level.
typedef struct fine_image {
    const uint8_t *pixels;
    const int8_t *fractions;
} fine_image;

static int64_t at(fine_image image, ptrdiff_t place) {
    return 256 * (int64_t)image.pixels[place] + (image.fractions ? image.fractions[place] : 0);
}

/// Adds what the pixel at `place` gives; products, each at most 2^38, add up within 64 bits.
static void add_fine(
    fine_image p, fine_image q, ptrdiff_t place, ptrdiff_t step, ptrdiff_t row, int64_t sums[COLUMNS],
    int64_t products[COLUMNS][COLUMNS]) {
    int64_t right = at(p, place + step) + at(q, place + step), left = at(p, place - step) + at(q, place - step);
    int64_t below = at(p, place + row) + at(q, place + row), above = at(p, place - row) + at(q, place - row);
    int64_t columns[COLUMNS];
    columns[RIGHT] = right - left;
    columns[DOWN] = below - above;
    columns[BLUR] = right + left + below + above - 4 * (at(p, place) + at(q, place));
    columns[CONTRAST] = at(p, place);
    columns[DIFFERENCE] = at(q, place) - at(p, place);
    for (int a = 0; a < COLUMNS; a++) {
        sums[a] += columns[a];
        for (int b = a; b < COLUMNS; b++) products[a][b] += columns[a] * columns[b];
    }
}

/// What all channels give.
typedef struct fit {
    double all[COLUMNS][COLUMNS];
    double sizes[COLUMNS];
    double whole;
} fit;

/// Adds a channel of `count` pixels. Brightness and contrast are each channel's own; the shift and the blur are common.
static void add_channel(fit *fit, int64_t sums[COLUMNS], int64_t products[COLUMNS][COLUMNS], double count) {
    double own[COLUMNS][COLUMNS];
    for (int a = 0; a < COLUMNS; a++) {
        for (int b = a; b < COLUMNS; b++) {
            own[a][b] = own[b][a] = (double)products[a][b] - (double)sums[a] * (double)sums[b] / count;
        }
        if (a < CONTRAST) fit->sizes[a] += (double)products[a][a];
    }
    fit->whole += (double)products[DIFFERENCE][DIFFERENCE];
    eliminate(own, CONTRAST, (double)products[CONTRAST][CONTRAST]);
    for (int a = 0; a < COLUMNS; a++) {
        for (int b = 0; b < COLUMNS; b++) fit->all[a][b] += own[a][b];
    }
}

static double share(fit *fit) {
    if (fit->whole == 0) return 1;
    for (int a = RIGHT; a <= BLUR; a++) eliminate(fit->all, a, fit->sizes[a]);
    double share = fit->all[DIFFERENCE][DIFFERENCE] / fit->whole;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

double similarity_unexplained(
    const uint8_t *later, const uint8_t *earlier, int32_t height, int32_t width, int32_t channels) {
    if (height < 3 || width < 3) return 1;
    ptrdiff_t step = channels, row = (ptrdiff_t)width * channels;
    fit fit = {0};
    for (int32_t channel = 0; channel < channels; channel++) {
        // Whole numbers: the order in which they are added does not matter.
        int64_t sums[COLUMNS] = {0}, products[COLUMNS][COLUMNS] = {{0}};
        for (int32_t y = 1; y < height - 1; y++) {
            const uint8_t *p = earlier + y * row + channel, *q = later + y * row + channel;
            for (int32_t x = 1; x < width - 1; x += PIECE) {
                int32_t count = width - 1 - x < PIECE ? width - 1 - x : PIECE;
                add_piece(p + x * step, q + x * step, count, step, row, sums, products);
            }
        }
        add_channel(&fit, sums, products, (double)(height - 2) * (width - 2));
    }
    return share(&fit);
}

double similarity_fine_unexplained(
    const uint8_t *later, const int8_t *later_fractions, const uint8_t *earlier, const int8_t *earlier_fractions,
    int32_t height, int32_t width, int32_t channels) {
    if (height < 3 || width < 3) return 1;
    ptrdiff_t step = channels, row = (ptrdiff_t)width * channels;
    fine_image p = {earlier, earlier_fractions}, q = {later, later_fractions};
    fit fit = {0};
    for (int32_t channel = 0; channel < channels; channel++) {
        int64_t sums[COLUMNS] = {0}, products[COLUMNS][COLUMNS] = {{0}};
        for (int32_t y = 1; y < height - 1; y++) {
            for (int32_t x = 1; x < width - 1; x++) {
                add_fine(p, q, y * row + x * step + channel, step, row, sums, products);
            }
        }
        add_channel(&fit, sums, products, (double)(height - 2) * (width - 2));
    }
    return share(&fit);
}

double similarity_fine_mse(
    const uint8_t *y, const int8_t *y_fractions, const uint8_t *x, const int8_t *x_fractions, size_t count) {
    fine_image p = {x, x_fractions}, q = {y, y_fractions};
    uint64_t sum = 0;
    for (size_t index = 0; index < count; index++) {
        int64_t difference = at(q, (ptrdiff_t)index) - at(p, (ptrdiff_t)index);
        sum += (uint64_t)(difference * difference);
    }
    return (double)sum / (65536.0 * (double)count);
}
