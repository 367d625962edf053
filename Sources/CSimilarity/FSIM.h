// The plan of FSIM, shared by the kernels' builds.
#ifndef FSIM_H
#define FSIM_H

#include "CSimilarityFSIM.h"
#include "Fourier.h"

#define FSIM_SCALES 4
#define FSIM_ORIENTATIONS 4
/// Bytes before the maps: the sum of the phase congruencies.
#define FSIM_HEADER 64
/// Maps hold phase congruency (0 ... 1) and gradient magnitude (0 ... 361) times these, rounded, in 16 bits.
#define FSIM_CONGRUENCY_UNITS 65535.0
#define FSIM_GRADIENT_UNITS 181.0

struct similarity_fsim {
    /// The image's own width and channels, and the side of the squares that are averaged first.
    int32_t source_width, channels, pool;
    /// Sides after averaging.
    int32_t height, width;
    /// Lanes for a row of `width` and a column of `height` values, and values of a map, padded with zeros.
    size_t row_lanes, column_lanes, map_count;
    /// Down the columns, and across the rows.
    fourier_plan down, across;
    /// Radial and angular parts of the filters, `width` rows (horizontal frequency) of `column_lanes` values.
    const double *radial[FSIM_SCALES], *angular[FSIM_ORIENTATIONS];
    /// The noise threshold of an orientation is this times the root of the median energy at the smallest scale.
    double noise[FSIM_ORIENTATIONS];
};

/// The value at place (count - 1) / 2 of `values` in ascending order; none is negative. Changes their order.
double fsim_median(double *values, size_t count);

#endif
