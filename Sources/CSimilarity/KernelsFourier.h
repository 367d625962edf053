// Fourier transforms of rows of lanes: Stockham's passes, which need no reordering (see Fourier.h).

// One pass: `m` groups of `p` rows of `span` values each become p rows side by side, turned by a multiple of `step`.
// With p constant, the loops over it unroll.
INLINE void KERNEL(fourier_pass)(
    const fourier_plan *plan, ptrdiff_t p, ptrdiff_t m, ptrdiff_t span, ptrdiff_t step, const double *re,
    const double *im, double *out_re, double *out_im) {
    const double *cosines = plan->cosines, *sines = plan->sines;
    ptrdiff_t inner = plan->inner, turn = inner / p, half = (p - 1) / 2;
    for (ptrdiff_t j = 0; j < m; j++) {
        for (ptrdiff_t q = 0; q < span; q += 8) {
            f64x8 sum_re[FOURIER_LARGEST_FACTOR / 2], sum_im[FOURIER_LARGEST_FACTOR / 2];
            f64x8 difference_re[FOURIER_LARGEST_FACTOR / 2], difference_im[FOURIER_LARGEST_FACTOR / 2];
            const double *row_re = re + j * span + q, *row_im = im + j * span + q;
            f64x8 first_re = LOAD(f64x8, row_re), first_im = LOAD(f64x8, row_im);
            f64x8 total_re = first_re, total_im = first_im;
            for (ptrdiff_t r = 1; r <= half; r++) {
                f64x8 a_re = LOAD(f64x8, row_re + r * m * span), a_im = LOAD(f64x8, row_im + r * m * span);
                f64x8 b_re = LOAD(f64x8, row_re + (p - r) * m * span);
                f64x8 b_im = LOAD(f64x8, row_im + (p - r) * m * span);
                sum_re[r - 1] = a_re + b_re;
                sum_im[r - 1] = a_im + b_im;
                difference_re[r - 1] = a_re - b_re;
                difference_im[r - 1] = a_im - b_im;
                total_re += sum_re[r - 1];
                total_im += sum_im[r - 1];
            }
            double *target_re = out_re + p * j * span + q, *target_im = out_im + p * j * span + q;
            STORE(target_re, total_re);
            STORE(target_im, total_im);
            for (ptrdiff_t k = 1; k <= half; k++) {
                f64x8 c_re = first_re, c_im = first_im, s_re = {}, s_im = {};
                for (ptrdiff_t r = 1; r <= half; r++) {
                    double c = cosines[r * k % p * turn], s = sines[r * k % p * turn];
                    c_re += sum_re[r - 1] * c;
                    c_im += sum_im[r - 1] * c;
                    s_re += difference_re[r - 1] * s;
                    s_im += difference_im[r - 1] * s;
                }
                // Rows k and p - k: c -+ i s, each turned back by its twiddle factor.
                f64x8 low_re = c_re + s_im, low_im = c_im - s_re, high_re = c_re - s_im, high_im = c_im + s_re;
                double lc = cosines[j * k * step], ls = sines[j * k * step];
                double hc = cosines[j * (p - k) * step], hs = sines[j * (p - k) * step];
                STORE(target_re + k * span, low_re * lc + low_im * ls);
                STORE(target_im + k * span, low_im * lc - low_re * ls);
                STORE(target_re + (p - k) * span, high_re * hc + high_im * hs);
                STORE(target_im + (p - k) * span, high_im * hc - high_re * hs);
            }
        }
    }
}

INLINE void KERNEL(fourier_pass_even)(
    const fourier_plan *plan, ptrdiff_t p, ptrdiff_t m, ptrdiff_t span, ptrdiff_t step, const double *re,
    const double *im, double *out_re, double *out_im) {
    const double *cosines = plan->cosines, *sines = plan->sines;
    for (ptrdiff_t j = 0; j < m; j++) {
        for (ptrdiff_t q = 0; q < span; q += 8) {
            f64x8 a_re[4], a_im[4], b_re[4], b_im[4];
            for (ptrdiff_t r = 0; r < p; r++) {
                a_re[r] = LOAD(f64x8, re + (j + r * m) * span + q);
                a_im[r] = LOAD(f64x8, im + (j + r * m) * span + q);
            }
            if (p == 2) {
                b_re[0] = a_re[0] + a_re[1], b_im[0] = a_im[0] + a_im[1];
                b_re[1] = a_re[0] - a_re[1], b_im[1] = a_im[0] - a_im[1];
            } else {
                f64x8 even_re = a_re[0] + a_re[2], even_im = a_im[0] + a_im[2];
                f64x8 odd_re = a_re[1] + a_re[3], odd_im = a_im[1] + a_im[3];
                f64x8 left_re = a_re[0] - a_re[2], left_im = a_im[0] - a_im[2];
                f64x8 right_re = a_re[1] - a_re[3], right_im = a_im[1] - a_im[3];
                b_re[0] = even_re + odd_re, b_im[0] = even_im + odd_im;
                b_re[1] = left_re + right_im, b_im[1] = left_im - right_re;
                b_re[2] = even_re - odd_re, b_im[2] = even_im - odd_im;
                b_re[3] = left_re - right_im, b_im[3] = left_im + right_re;
            }
            for (ptrdiff_t k = 0; k < p; k++) {
                double c = cosines[j * k * step], s = sines[j * k * step];
                STORE(out_re + (p * j + k) * span + q, b_re[k] * c + b_im[k] * s);
                STORE(out_im + (p * j + k) * span + q, b_im[k] * c - b_re[k] * s);
            }
        }
    }
}

// All passes over `plan->inner` rows; the result is where it came from.
static void KERNEL(fourier_passes)(
    const fourier_plan *plan, double *re, double *im, ptrdiff_t lanes, double *scratch) {
    ptrdiff_t inner = plan->inner, rest = inner, span = lanes;
    double *from_re = re, *from_im = im, *to_re = scratch, *to_im = scratch + inner * lanes;
    for (int32_t index = 0; index < plan->factor_count; index++) {
        ptrdiff_t p = plan->factors[index], m = rest / p, step = inner / rest;
#define PASS(name, p) KERNEL(name)(plan, p, m, span, step, from_re, from_im, to_re, to_im)
        switch (p) {
        case 2: PASS(fourier_pass_even, 2); break;
        case 3: PASS(fourier_pass, 3); break;
        case 4: PASS(fourier_pass_even, 4); break;
        case 5: PASS(fourier_pass, 5); break;
        case 7: PASS(fourier_pass, 7); break;
        default: PASS(fourier_pass, p);
        }
#undef PASS
        rest = m;
        span *= p;
        double *other_re = from_re, *other_im = from_im;
        from_re = to_re, from_im = to_im;
        to_re = other_re, to_im = other_im;
    }
    if (from_re == re) return;
    memcpy(re, from_re, (size_t)(inner * lanes) * sizeof(double));
    memcpy(im, from_im, (size_t)(inner * lanes) * sizeof(double));
}

// (to_re, to_im) = (re, im) (c + i s) of `lanes` values.
INLINE void KERNEL(turn_row)(
    const double *re, const double *im, double c, double s, double *to_re, double *to_im, ptrdiff_t lanes) {
    for (ptrdiff_t q = 0; q < lanes; q += 8) {
        f64x8 a = LOAD(f64x8, re + q), b = LOAD(f64x8, im + q);
        STORE(to_re + q, a * c - b * s);
        STORE(to_im + q, a * s + b * c);
    }
}

// Transforms rows in place, unnormalised; with `re` and `im` exchanged this is the inverse.
static void KERNEL(fourier_transform)(
    const fourier_plan *plan, double *re, double *im, size_t lane_count, double *scratch) {
    ptrdiff_t lanes = (ptrdiff_t)lane_count, length = plan->length, inner = plan->inner;
    if (inner == length) {
        KERNEL(fourier_passes)(plan, re, im, lanes, scratch);
        return;
    }
    double *long_re = scratch, *long_im = scratch + inner * lanes, *rest = scratch + 2 * inner * lanes;
    memset(scratch, 0, (size_t)(2 * inner * lanes) * sizeof(double));
    for (ptrdiff_t k = 0; k < length; k++) {
        double c = plan->chirp_re[k], s = plan->chirp_im[k];
        KERNEL(turn_row)(
            re + k * lanes, im + k * lanes, c, -s, long_re + k * lanes, long_im + k * lanes, lanes);
    }
    KERNEL(fourier_passes)(plan, long_re, long_im, lanes, rest);
    for (ptrdiff_t k = 0; k < inner; k++) {
        double *row_re = long_re + k * lanes, *row_im = long_im + k * lanes;
        KERNEL(turn_row)(row_re, row_im, plan->kernel_re[k], plan->kernel_im[k], row_re, row_im, lanes);
    }
    KERNEL(fourier_passes)(plan, long_im, long_re, lanes, rest);
    for (ptrdiff_t k = 0; k < length; k++) {
        double c = plan->chirp_re[k], s = plan->chirp_im[k];
        KERNEL(turn_row)(
            long_re + k * lanes, long_im + k * lanes, c, -s, re + k * lanes, im + k * lanes, lanes);
    }
}
