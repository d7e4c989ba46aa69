// Vectors of LANES floats for the instruction set of the including file.
//
// The including file defines LANES, FUSED where the instruction set has fused multiply-add, and AVX2 or AVX512 where
// parts of vectors are loaded and stored by masks. Contraction by the compiler is off: what is fused is written as
// madd, so a sum has the same bits wherever it is inlined.
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../include/CKernels.h"

#pragma clang fp contract(off)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")  // for loops of constant length over registers

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef double vd __attribute__((vector_size(8 * LANES)));
typedef float vf_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void store(float *p, vf v) { *(vf_unaligned *)p = v; }
INLINE vf splat(float x) { return x - (vf){0}; }  // x - 0 is x, also for -0
INLINE ptrdiff_t padded(ptrdiff_t columns) { return (columns + LANES - 1) / LANES * LANES; }

// The first `count` floats of a vector, 0 to LANES; the others are zero and their memory is not touched.
#if defined(AVX512)
INLINE __mmask16 first_lanes(ptrdiff_t count) { return (__mmask16)((1u << count) - 1); }
INLINE vf load_part(const float *p, ptrdiff_t count) { return (vf)_mm512_maskz_loadu_ps(first_lanes(count), p); }
INLINE void store_part(float *p, vf v, ptrdiff_t count) { _mm512_mask_storeu_ps(p, first_lanes(count), (__m512)v); }
#elif defined(AVX2)
INLINE __m256i first_lanes(ptrdiff_t count) {
    const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (__m256i)(lane < (int32_t)count - (vi){0});
}
INLINE vf load_part(const float *p, ptrdiff_t count) { return (vf)_mm256_maskload_ps(p, first_lanes(count)); }
INLINE void store_part(float *p, vf v, ptrdiff_t count) { _mm256_maskstore_ps(p, first_lanes(count), (__m256)v); }
#else
// By branches: a call of memcpy within a loop would send its registers to memory.
INLINE vf load_part(const float *p, ptrdiff_t count) {
    if (count == LANES) return load(p);
    vf v = {0};
    UNROLL for (int i = 0; i < LANES - 1; i++)
        if (i < count) v[i] = p[i];
    return v;
}
INLINE void store_part(float *p, vf v, ptrdiff_t count) {
    if (count == LANES) store(p, v);
    else UNROLL for (int i = 0; i < LANES - 1; i++)
        if (i < count) p[i] = v[i];
}
#endif

// a * b + c
INLINE vf madd(vf a, vf b, vf c) {
#ifdef FUSED
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}

// Of two numbers the larger or smaller; b when either is NaN.
INLINE vf vmax(vf a, vf b) {
    const vi keep = a > b;
    return (vf)(((vi)a & keep) | ((vi)b & ~keep));
}
INLINE vf vmin(vf a, vf b) {
    const vi keep = a < b;
    return (vf)(((vi)a & keep) | ((vi)b & ~keep));
}

// The first `count` lanes; the others become zero.
INLINE vf keep_first(vf v, ptrdiff_t count) {
    for (ptrdiff_t i = count; i < LANES; i++) v[i] = 0;
    return v;
}

// Lanes are folded in halves, always in the same order: lane i meets lane i + n, and lane 0 ends with the result.
#define TURN4(v, n) __builtin_shufflevector(v, v, n % 4, (1 + n) % 4, (2 + n) % 4, (3 + n) % 4)
#define TURN8(v, n)                                                                                                    \
    __builtin_shufflevector(v, v, n % 8, (1 + n) % 8, (2 + n) % 8, (3 + n) % 8, (4 + n) % 8, (5 + n) % 8, (6 + n) % 8, \
                            (7 + n) % 8)
#define TURN16(v, n)                                                                                              \
    __builtin_shufflevector(v, v, n, (1 + n) % 16, (2 + n) % 16, (3 + n) % 16, (4 + n) % 16, (5 + n) % 16,        \
                            (6 + n) % 16, (7 + n) % 16, (8 + n) % 16, (9 + n) % 16, (10 + n) % 16, (11 + n) % 16, \
                            (12 + n) % 16, (13 + n) % 16, (14 + n) % 16, (15 + n) % 16)
#if LANES == 16
#define FOLD(v, op) v = op(v, TURN16(v, 8)), v = op(v, TURN16(v, 4)), v = op(v, TURN16(v, 2)), v = op(v, TURN16(v, 1))
#elif LANES == 8
#define FOLD(v, op) v = op(v, TURN8(v, 4)), v = op(v, TURN8(v, 2)), v = op(v, TURN8(v, 1))
#else
#define FOLD(v, op) v = op(v, TURN4(v, 2)), v = op(v, TURN4(v, 1))
#endif
INLINE vf vadd(vf a, vf b) { return a + b; }
INLINE float lane_sum(vf v) { return FOLD(v, vadd), v[0]; }
INLINE float lane_max(vf v) { return FOLD(v, vmax), v[0]; }
INLINE float lane_min(vf v) { return FOLD(v, vmin), v[0]; }
