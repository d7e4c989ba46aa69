// AVX-512 with tiles, as in Sapphire Rapids: products of fewer bits by AMX, all else as with VNNI and BF16.
#if defined(__x86_64__)
#include <immintrin.h>

#if defined(CK_AMX_MODEL)
#include "amx_model.h"  // of Tests/KernelServer: what is special here, in plain C
#else
#define TARGET \
    "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi2,avx512vnni,avx512bf16,amx-tile,amx-int8,amx-bf16"
#pragma clang attribute push(__attribute__((target(TARGET), min_vector_width(512))), apply_to = function)
#endif

#define VNNI
#define BFLOAT16
#define AMX
#define NAME "AMX"
#define OPTION "amx"
#define LEVEL 6
#define TABLE ck_amx
#include "avx512.h"

#if !defined(CK_AMX_MODEL)
#pragma clang attribute pop
__attribute__((target("amx-tile")))
#endif
// Runs on every processor.
void ck_release_amx(void) {
    if (amx_is_configured) _tile_release();
    amx_is_configured = false;
}
#endif
