// SSIM by region of two images whose window sums are known: only the sums of x y are left to do. For signatures, so
// divisions may be approximate and multiply-add fused. Part of Kernels.h, for builds with byte dot products only.
//
// An outline holds, strip of 16 columns by strip and row by row: the sum s as an integer, and as floats s^2 + c1 / 2 and
// NP sum x^2 - s^2 + c2 / 2, so that SSIM = 4 (s t + c1 / 2) (NP sum xy - s t + c2 / 2) over the product of two sums.

static void KERNEL(outline)(const similarity_plan *plan, const void *statistics, void *outline) {
    const uint32_t *sy = statistics;
    ptrdiff_t padded = plan->padded;
    const int32_t *nyy = (const int32_t *)(sy + padded * plan->window_rows);
    float *out = outline;
    for (ptrdiff_t j = 0; j < plan->window_values; j += 16) {
        for (int32_t row = 0; row < plan->window_rows; row++, out += 48) {
            i32x16 s = (i32x16)(LOAD(u32x16, sy + row * padded + j) >> 16);
            i32x16 squares = s * s, rest = LOAD(i32x16, nyy + row * padded + j) - squares;
            STORE(out, s);
            STORE(out + 16, __builtin_convertvector(squares, f32x16) + KERNEL(c1)(7) / 2);
            STORE(out + 32, __builtin_convertvector(rest, f32x16) + KERNEL(c2)(7) / 2);
        }
    }
}

INLINE __m512i KERNEL(row_products)(KERNEL(sums) sums, const uint8_t *y, const uint8_t *x) {
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    const __mmask64 three = 0x7777777777777777u;
    __m512i xs = _mm512_loadu_si512(x), ys = _mm512_xor_si512(_mm512_loadu_si512(y), flip);
    __m512i xa = _mm512_permutexvar_epi8(sums.first, xs);
    __m512i xb = _mm512_maskz_permutexvar_epi8(three, sums.second, xs);
    __m512i ya = _mm512_permutexvar_epi8(sums.first, ys);
    __m512i yb = _mm512_permutexvar_epi8(sums.second, ys);
    return _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(_mm512_setzero_si512(), xa, ya), xb, yb);
}

// 4 x the similarity of 16 windows; `w` = sum x (y - 128).
INLINE __m512 KERNEL(outlined)(__m512i w, const float *a, const float *b) {
    __m512i s = _mm512_loadu_si512(a), t = _mm512_loadu_si512(b), p = _mm512_madd_epi16(s, t);
    __m512i xy = _mm512_add_epi32(w, _mm512_slli_epi32(s, 7));
    __m512i q = _mm512_sub_epi32(_mm512_mullo_epi32(xy, _mm512_set1_epi32(49)), p);
    __m512 n1 = _mm512_add_ps(_mm512_cvtepi32_ps(p), _mm512_set1_ps(KERNEL(c1)(7) / 2));
    __m512 n2 = _mm512_add_ps(_mm512_cvtepi32_ps(q), _mm512_set1_ps(KERNEL(c2)(7) / 2));
    __m512 d1 = _mm512_add_ps(_mm512_loadu_ps(a + 16), _mm512_loadu_ps(b + 16));
    __m512 d2 = _mm512_add_ps(_mm512_loadu_ps(a + 32), _mm512_loadu_ps(b + 32));
    __m512 d = _mm512_mul_ps(d1, d2), r = _mm512_rcp14_ps(d);
    r = _mm512_mul_ps(r, _mm512_fnmadd_ps(d, r, _mm512_set1_ps(2)));
    return _mm512_mul_ps(_mm512_mul_ps(n1, n2), r);
}

static void KERNEL(outline_regions)(
    const similarity_plan *plan, const uint8_t *y, const void *outline_y, const uint8_t *x, const void *outline_x,
    float *parts, void *scratch) {
    ptrdiff_t n = plan->row_values, padded = plan->padded;
    int32_t rows = plan->window_rows, channels = plan->channels, positions = plan->window_values / channels;
    KERNEL(sums) sums = KERNEL(sums_in)(plan, scratch);
    float *bands = scratch;
    const float *a = outline_x, *b = outline_y;
    for (ptrdiff_t j = 0; j < plan->window_values; j += 16) {
        __m512i ring[7], window = _mm512_setzero_si512();
        __m512 sum = _mm512_setzero_ps();
#pragma clang loop unroll(full)
        for (int k = 0; k < 6; k++) {
            ring[k] = KERNEL(row_products)(sums, y + k * n + j, x + k * n + j);
            window = _mm512_add_epi32(window, ring[k]);
        }
        ring[6] = _mm512_setzero_si512();
        for (int32_t first = 0, band = 0; first < rows; first += 7) {
#pragma clang loop unroll(full)
            for (int k = 0; k < 7; k++) {
                int32_t row = first + k;
                if (row == rows) break;
                __m512i part = KERNEL(row_products)(sums, y + (row + 6) * n + j, x + (row + 6) * n + j);
                window = _mm512_add_epi32(window, _mm512_sub_epi32(part, ring[(6 + k) % 7]));
                ring[(6 + k) % 7] = part;
                sum = _mm512_add_ps(sum, KERNEL(outlined)(window, a, b));
                a += 48;
                b += 48;
                if (KERNEL(ends_band)(plan, row, band)) {
                    _mm512_storeu_ps(bands + band++ * padded + j, sum);
                    sum = _mm512_setzero_ps();
                }
            }
        }
    }
    float scale = (float)(4 / ((double)plan->window_values * rows));
    for (int32_t part = 0; part < plan->region_columns; part++) {
        int32_t first = positions * part / plan->region_columns * channels;
        int32_t last = positions * (part + 1) / plan->region_columns * channels;
        for (int32_t channel = 0; channel < channels; channel++) {
            // Side by side, for additions wait for each other.
            float totals[6] = {};
            for (int32_t j = first + channel; j < last; j += channels) {
#pragma clang loop unroll(full)
                for (int band = 0; band < 6; band++)
                    totals[band] += bands[(band < plan->region_rows ? band : 0) * padded + j];
            }
            for (int32_t band = 0; band < plan->region_rows; band++)
                parts[(band * plan->region_columns + part) * channels + channel] = totals[band] * scale;
        }
    }
}
