// AVX-512 with VNNI and BF16, as in Zen 4 and Sapphire Rapids.
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi2,avx512vnni,avx512bf16"
#pragma clang attribute push(__attribute__((target(TARGET), min_vector_width(512))), apply_to = function)

#define VNNI
#define BFLOAT16
#define NAME "AVX-512 BF16"
#define OPTION "avx512-bf16"
#define LEVEL 5
#define TABLE ck_avx512_bf16
#include "avx512.h"

#pragma clang attribute pop
#endif
