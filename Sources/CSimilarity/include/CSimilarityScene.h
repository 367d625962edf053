// What an image shows, coarsely, and how one view of it became another: by moving, turning, zooming and other light.
#ifndef CSIMILARITY_SCENE_H
#define CSIMILARITY_SCENE_H

#include <stddef.h>
#include <stdint.h>

/// Cells on a side of a scene, and in all.
#define SIMILARITY_SCENE_SIDE 16
#define SIMILARITY_SCENE_CELLS 256

/// What a shape means for scenes. Lengths are in cells of the longer side.
typedef struct {
    int32_t height, width, channels;
    /// Size of a cell: 1 along the longer side, less along the other.
    float across, down;
    /// The root mean square distance from the centre, by weight.
    double radius;
    /// By cell: its centre, seen from the image's; its weight, which falls towards the edges and is 1 in sum.
    float u[SIMILARITY_SCENE_CELLS], v[SIMILARITY_SCENE_CELLS], weights[SIMILARITY_SCENE_CELLS];
} similarity_scene_plan;

/// A query's scene, made ready for registering others to it.
typedef struct {
    /// Grey levels less their mean, times the weights as well; derivatives by what registration varies, times the weights.
    float values[SIMILARITY_SCENE_CELLS], slopes[6][SIMILARITY_SCENE_CELLS];
    /// The inverse of the derivatives' products.
    double inverse[6][6];
    /// Weighted mean, and weighted variance with what keeps a flat scene's residuals small.
    double mean, scale;
} similarity_scene_query;

/// How an earlier scene has to move to show what a query shows: z becomes m z + t in the plane of complex numbers.
typedef struct {
    /// m, t (cells), and the gain of the light.
    double scale_re, scale_im, shift_u, shift_v, gain;
    /// The weighted mean squared difference that is left, over the query's variance.
    double residual;
} similarity_scene_motion;

/// Fills `plan`; height, width and channels are at least 1.
void similarity_scene_plan_make(similarity_scene_plan *plan, int32_t height, int32_t width, int32_t channels);

/// Writes the scene of `pixels`: means of grey levels over 16 x 16 equal cells, smoothed by (1 2 1) / 4 both ways.
/// `scratch` has room for a number by column, and for half a number by value of a row.
void similarity_scene(const similarity_scene_plan *plan, const uint8_t *pixels, float *scene, int64_t *scratch);

/// Makes `scene` ready.
void similarity_scene_query_make(
    int32_t path, const similarity_scene_plan *plan, const float *scene, similarity_scene_query *query);

/// Looks for the motion that takes `scene` to the query's by inverse compositional Gauss-Newton steps (Baker and
/// Matthews 2004) from rest; writes the best one met.
///
/// Within bounds: shifts of 4 cells, turns of 15 degrees, sizes of 0.85 to 1.175, gains of 0.75 to 1.33. A pair whose
/// residual stays above 0.4 to first order is not looked at; its residual is infinite.
void similarity_scene_register(
    int32_t path, const similarity_scene_plan *plan, const similarity_scene_query *query, const float *scene,
    similarity_scene_motion *motion);

#endif
