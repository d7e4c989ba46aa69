// AVX-512 as in Skylake: fewer bits go in their wide forms.
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi2"
#pragma clang attribute push(__attribute__((target(TARGET), min_vector_width(512))), apply_to = function)

#define NAME "AVX-512"
#define OPTION "avx512"
#define LEVEL 3
#define TABLE ck_avx512
#include "avx512.h"

#pragma clang attribute pop
#endif
