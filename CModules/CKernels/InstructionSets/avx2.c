// AVX2 with fused multiply-add, as in Haswell and Zen.
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET "avx2,fma,bmi2"
#pragma clang attribute push(__attribute__((target(TARGET), min_vector_width(256))), apply_to = function)

#define NAME "AVX2"
#define OPTION "avx2"
#define LEVEL 1
#define TABLE ck_avx2
#include "avx2.h"

#pragma clang attribute pop
#endif
