// The kernels for machines with AVX-512, its byte permutations (VBMI) and byte dot products (VNNI).
#if defined(__x86_64__)
#include <immintrin.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "CSimilarity.h"
#include "FSIM.h"
#include "KernelTable.h"
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#define KERNEL(name) name##_vnni
#define KERNEL_VNNI
#define KERNEL_AVX512
#include "Kernels.h"
#pragma clang attribute pop
#endif
