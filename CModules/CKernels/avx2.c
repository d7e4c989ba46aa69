// AVX2 with fused multiply-add: 16 registers of 8 floats.
#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"), min_vector_width(256))), apply_to = function)

#define LANES 8
#define FUSED
#define AVX2
#define SHORT 6
#define TALL 12
#define TILES \
    TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(1, 1) TILE(2, 1) TILE(3, 1) \
    TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1) \
    TILE(12, 1)
#define QUERIES 2
#define KEYS 4
#define NAME "AVX2"
#define TABLE ck_avx2
#include "kernels.h"

#pragma clang attribute pop
#endif
