#include "Elementary.h"

#include <math.h>

static const double pi = 0x1.921fb54442d18p+1;

// e^x = 2^n e^r with |r| <= ln 2 / 2, and Taylor's series of e^r.
double elementary_exp(double x) {
    if (x < -700) return 0;
    double n = rint(x * 0x1.71547652b82fep+0);
    double r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
    double sum = 1;
    for (int k = 16; k >= 1; k--) sum = 1 + r / k * sum;
    return ldexp(sum, (int)n);
}

// ln (2^n m) = n ln 2 + 2 artanh((m - 1) / (m + 1)) with m around 1.
double elementary_log(double x) {
    int n;
    double m = frexp(x, &n);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        n -= 1;
    }
    double t = (m - 1) / (m + 1), square = t * t, sum = 0;
    for (int k = 25; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
    return 2 * t * sum + n * 0x1.62e42fefa39efp-1;
}

// atan t = 2 atan(t / (1 + sqrt(1 + t^2))), twice; then the series.
double elementary_atan2(double y, double x) {
    double u = fabs(x), v = fabs(y);
    if (u == 0 && v == 0) return 0;
    int is_steep = v > u;
    double t = is_steep ? u / v : v / u;
    for (int k = 0; k < 2; k++) t = t / (1 + sqrt(1 + t * t));
    double square = t * t, sum = 0;
    for (int k = 27; k >= 1; k -= 2) sum = 1.0 / k - sum * square;
    double angle = 4 * t * sum;
    if (is_steep) angle = pi / 2 - angle;
    if (x < 0) angle = pi - angle;
    return y < 0 ? -angle : angle;
}

// The octant is found in integers; within it, Taylor's series.
void elementary_turn(int64_t k, int64_t n, double *cosine, double *sine) {
    int64_t eighths = k % n * 8, octant = eighths / n, rest = eighths - octant * n;
    if (octant & 1) rest = n - rest;
    double x = pi / 4 * ((double)rest / (double)n), square = x * x, c = 1, s = 1;
    for (int i = 9; i >= 1; i--) c = 1 - square / (2 * i * (2 * i - 1)) * c;
    for (int i = 9; i >= 1; i--) s = 1 - square / (2 * i * (2 * i + 1)) * s;
    s *= x;
    if ((octant + 1) & 2) {
        double other = c;
        c = s;
        s = other;
    }
    *cosine = octant >= 2 && octant <= 5 ? -c : c;
    *sine = octant >= 4 ? -s : s;
}
