// The kernels for machines with AVX-512 (F, BW, DQ, VL).
#if defined(__x86_64__)
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "CSimilarity.h"
#include "FSIM.h"
#include "KernelTable.h"
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define KERNEL(name) name##_avx512
#define KERNEL_AVX2
#define KERNEL_AVX512
#include "Kernels.h"
#pragma clang attribute pop
#endif
