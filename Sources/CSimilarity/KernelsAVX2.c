// The kernels for machines with AVX2 and fused multiply-add, which only what serves bounds uses.
#if defined(__x86_64__)
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "CSimilarity.h"
#include "FSIM.h"
#include "KernelTable.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNEL(name) name##_avx2
#define KERNEL_AVX2
#include "Kernels.h"
#pragma clang attribute pop
#endif
