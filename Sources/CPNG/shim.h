// libpng's simplified interface.
#ifndef CPNG_shim_h
#define CPNG_shim_h

#include <png.h>
#include <string.h>

// PNG_IMAGE_VERSION and the formats are macros with casts; the image holds a pointer that must begin as nil.
static inline int riskd_png_write(void *_Nullable target, png_alloc_size_t *_Nonnull size,
                                  const unsigned char *_Nonnull pixels, unsigned int width,
                                  unsigned int height, int is_colour) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = is_colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    return png_image_write_to_memory(&image, target, size, 0, pixels, 0, NULL);
}

#endif
