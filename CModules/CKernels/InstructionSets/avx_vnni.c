// AVX2 with products of bytes, as in Alder Lake and Sierra Forest.
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET "avx2,fma,bmi2,avxvnni"
#pragma clang attribute push(__attribute__((target(TARGET), min_vector_width(256))), apply_to = function)

#define VNNI
#define NAME "AVX-VNNI"
#define OPTION "avx-vnni"
#define LEVEL 2
#define TABLE ck_avx_vnni
#include "avx2.h"

#pragma clang attribute pop
#endif
