// AVX2 with fused multiply-add: 16 registers of 8 floats.
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"), min_vector_width(256))), apply_to = function)

#define LANES 8
#define FUSED
#define AVX2
#define REGISTERS 16
#define SHORT 6
#define TALL 12
#define QUERIES 2
#define KEYS 4
#define NAME "AVX2"
#define TABLE ck_avx2
#include "../Kernels/kernels.h"

#pragma clang attribute pop
#endif
