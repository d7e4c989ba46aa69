// Vectors of LANES floats and the elementary functions on them, for the instruction set of the including file.
//
// The including file defines LANES, and FUSED where the instruction set has fused multiply-add. Contraction by the
// compiler is off: what is fused is written as madd, so a sum has the same bits wherever it is inlined.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "include/CKernels.h"

#pragma clang fp contract(off)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")  // for loops of constant length over registers

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef double vd __attribute__((vector_size(8 * LANES)));
typedef float vf_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void store(float *p, vf v) { *(vf_unaligned *)p = v; }
INLINE vf splat(float x) { return x - (vf){0}; }  // x - 0 is x, also for -0
INLINE vf load_part(const float *p, ptrdiff_t count) {
    vf v = {0};
    memcpy(&v, p, sizeof(float) * (size_t)count);
    return v;
}
INLINE void store_part(float *p, vf v, ptrdiff_t count) { memcpy(p, &v, sizeof(float) * (size_t)count); }

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

// Lanes are folded in halves, always in the same order: lane i meets lane i + n, and lane 0 ends with the result.
#define TURN4(v, n) __builtin_shufflevector(v, v, n % 4, (1 + n) % 4, (2 + n) % 4, (3 + n) % 4)
#define TURN8(v, n)                                                                                               \
    __builtin_shufflevector(v, v, n % 8, (1 + n) % 8, (2 + n) % 8, (3 + n) % 8, (4 + n) % 8, (5 + n) % 8,         \
                            (6 + n) % 8, (7 + n) % 8)
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

// exp(x), relative error below 2e-7 on [-87, 88]; clamped to that range.
// exp(x) = 2^n exp(r), n = round(x / ln 2); exp(r) = 1 + r + r^2 p(r) on |r| <= ln 2 / 2, p a least-maximum fit.
INLINE vf vexp(vf x) {
    x = vmin(splat(88.0f), vmax(splat(-87.0f), x));  // in this order NaN passes
    const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer in the low bits
    const vf shifted = madd(x, splat(1.44269504f), magic);
    const vf n = shifted - magic;
    vf r = madd(n, splat(-0.693359375f), x);  // ln 2 in two parts, the first exact in few bits
    r = madd(n, splat(2.12194440e-4f), r);
    vf p = splat(0.0013950479f);
    p = madd(p, r, splat(0.008368882f));
    p = madd(p, r, splat(0.041666206f));
    p = madd(p, r, splat(0.1666652f));
    p = madd(p, r, splat(0.5f));
    p = madd(p, r * r, r) + 1.0f;
    return (vf)((vi)p + ((vi)shifted << 23));
}

// x Phi(x), Phi the normal distribution function: GELU with the error function, not its tanh approximation.
// Phi(x) - 1/2 = x P(x^2) / Q(x^2) on |x| <= 5.5, a rational least-maximum fit; absolute error of Phi below 4e-7.
// Below -5.5 the product would magnify what is left of Phi, so x stops there; NaN, the second operand, passes.
INLINE vf vgelu(vf x) {
    x = vmax(splat(-5.5f), x);
    const vf c = vmin(splat(5.5f), x);
    const vf u = c * c;
    vf p = splat(2.2748868e-08f);
    p = madd(p, u, splat(6.3516254e-06f));
    p = madd(p, u, splat(0.00016880268f));
    p = madd(p, u, splat(0.0046771206f));
    p = madd(p, u, splat(0.03385075f));
    p = madd(p, u, splat(0.39894223f));
    vf q = splat(1.1974524e-06f);
    q = madd(q, u, splat(7.3638315e-05f));
    q = madd(q, u, splat(0.0018843183f));
    q = madd(q, u, splat(0.028644724f));
    q = madd(q, u, splat(0.25151718f));
    q = madd(q, u, splat(1.0f));
    return x * (0.5f + c * p / q);
}

// x / (1 + exp(-x)); below -88, where exp stops, it is zero to float32's smallest numbers.
INLINE vf vsilu(vf x) {
    x = vmax(splat(-88.0f), x);
    return x / (1.0f + vexp(-x));
}

INLINE vf activated(vf x, ck_activation activation) {
    switch (activation) {
        case CK_RELU: return vmax(splat(0.0f), x);
        case CK_GELU: return vgelu(x);
        case CK_SILU: return vsilu(x);
        default: return x;
    }
}
