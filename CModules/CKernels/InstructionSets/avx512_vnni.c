// AVX-512 with VNNI, as in Cascade Lake and Ice Lake: bfloat16 goes in its wide form.
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi2,avx512vnni"
#pragma clang attribute push(__attribute__((target(TARGET), min_vector_width(512))), apply_to = function)

#define VNNI
#define NAME "AVX-512 VNNI"
#define OPTION "avx512-vnni"
#define LEVEL 4
#define TABLE ck_avx512_vnni
#include "avx512.h"

#pragma clang attribute pop
#endif
