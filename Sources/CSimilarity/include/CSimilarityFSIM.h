// FSIM of 8-bit images (Zhang, Zhang, Mou, Zhang 2011) in two steps: the maps of one image, then sums over two maps.
#ifndef CSIMILARITY_FSIM_H
#define CSIMILARITY_FSIM_H

#include <stddef.h>
#include <stdint.h>

/// What a shape means for FSIM: filters and Fourier tables, in one block of memory.
typedef struct similarity_fsim similarity_fsim;

/// Bytes (64-byte aligned) of a plan; height, width and channels are at least 1.
size_t similarity_fsim_bytes(int32_t height, int32_t width);

/// Makes the plan of a shape in `memory`, which must stay as it is and where it is.
const similarity_fsim *similarity_fsim_make(void *memory, int32_t height, int32_t width, int32_t channels);

/// Bytes (64-byte aligned) of one image's maps, and of a call's scratch memory for `similarity_fsim_maps`.
size_t similarity_fsim_map_bytes(const similarity_fsim *plan);
size_t similarity_fsim_scratch_bytes(const similarity_fsim *plan);

/// Writes the maps of `pixels`: phase congruency and gradient magnitude, 16 bits each.
void similarity_fsim_maps(
    int32_t path, const similarity_fsim *plan, const uint8_t *pixels, void *maps, void *scratch);

/// 1 - FSIM of two images by their maps, or infinity as soon as that is proven to exceed `cut`; 0 ... 1.
double similarity_fsim_distance(
    int32_t path, const similarity_fsim *plan, const void *first, const void *second, double cut);

#endif
