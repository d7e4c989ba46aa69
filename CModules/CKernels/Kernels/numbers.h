// Numbers of fewer bits, by the word: a vector of words times a vector of words gives a vector of sums.

INLINE ptrdiff_t numbers_per_word(ck_format format) {
    switch (format) {
        case CK_INT8: return 4;
        case CK_BFLOAT16:
        case CK_WIDE_INT8: return 2;
        default: return 1;
    }
}
INLINE ptrdiff_t words(ptrdiff_t numbers, ck_format format) {
    return (numbers + numbers_per_word(format) - 1) / numbers_per_word(format);
}

typedef int32_t vi_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
INLINE vi load_words(const int32_t *p) { return *(const vi_unaligned *)p; }
INLINE vi splat_word(int32_t x) { return x - (vi){0}; }

// sum + the products of the two bfloat16 of each word, the upper one first, each sum rounded to float32. A product of
// two bfloat16 is exact in float32, so that two fused float32 operations have the same bits.
#if defined(BFLOAT16)
INLINE vi dot_bfloat16(vi a, vi b, vi sum) {
#if LANES == 16
    return (vi)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
    // Two fused operations; BFDOT, which is one instruction, rounds in a way of its own.
    const float32x4_t upper = vbfmlaltq_laneq_f32((float32x4_t)sum, (bfloat16x8_t)b, (bfloat16x8_t)a, 1);
    return (vi)vbfmlalbq_laneq_f32(upper, (bfloat16x8_t)b, (bfloat16x8_t)a, 0);
#endif
}
#endif

// What is taken off the bytes of A where a product needs a sign on both sides, and is made good in the epilogue.
#if !defined(BYTE_BIAS)
#define BYTE_BIAS 0
#endif

// sum + the products of the bytes of each word: four without a sign and four with one, or two and two of 16 bits. Exact
// modulo 2^32: what the zeros of the rows of A add is taken off in the end, and what is left fits.
#if defined(VNNI)
#define CK_BYTES CK_INT8
INLINE vi dot_bytes(vi a, vi b, vi sum) {
#if LANES == 16
    return (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#elif LANES == 8
    return (vi)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#elif BYTE_BIAS > 0
    return (vi)vdotq_s32((int32x4_t)sum, (int8x16_t)a, (int8x16_t)b);
#else
    return (vi)vsudotq_laneq_s32((int32x4_t)sum, (int8x16_t)b, (uint8x16_t)a, 0);
#endif
}
#else
#define CK_BYTES CK_WIDE_INT8
INLINE vi dot_bytes(vi a, vi b, vi sum) {
#if defined(__aarch64__)
    const int16x4_t lower = vmovn_s32((int32x4_t)b), upper = vshrn_n_s32((int32x4_t)b, 16);
    sum = (vi)vmlal_laneq_s16((int32x4_t)sum, lower, (int16x8_t)a, 0);
    return (vi)vmlal_laneq_s16((int32x4_t)sum, upper, (int16x8_t)a, 1);
#else
#if defined(AVX512)
    const vi products = (vi)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(AVX2)
    const vi products = (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
    const vi products = (vi)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
    const vi products = (a >> 16) * (b >> 16) + ((vi)((vu)a << 16) >> 16) * ((vi)((vu)b << 16) >> 16);
#endif
    return (vi)((vu)sum + (vu)products);
#endif
}
#endif

// What a product does with one word of each row; sums of bytes are integers, all others floats.
INLINE vi dot(const ck_format format, vi a, vi b, vi sum) {
    switch (format) {
        case CK_INT8:
        case CK_WIDE_INT8: return dot_bytes(a, b, sum);
#if defined(BFLOAT16)
        case CK_BFLOAT16: return dot_bfloat16(a, b, sum);
#endif
        default: return (vi)madd((vf)a, (vf)b, (vf)sum);
    }
}

INLINE bool is_bytes(ck_format format) { return format == CK_INT8 || format == CK_WIDE_INT8; }

// A word of A as `dot` takes it: in all lanes. Of fewer bits 64-bit Arm multiplies by the first lane alone, and most of
// its cores load one lane faster than they copy it to all: the empty statement keeps the compiler from doing so.
INLINE vi left_word(const ck_format format, int32_t word) {
    if (format == CK_INT8) word ^= (int32_t)(BYTE_BIAS * 0x01010101u);
#if defined(__aarch64__)
    if (format == CK_BFLOAT16 || (is_bytes(format) && BYTE_BIAS == 0)) {
        vi first = {word};
        __asm__("" : "+w"(first));
        return first;
    }
#endif
    return splat_word(word);
}

// To the nearest bfloat16, ties to even, as float32; NaN stays NaN.
INLINE vf rounded(vf x) {
    const vu bits = (vu)x, half = 0x7fffu + ((bits >> 16) & 1u);
    return (vf)((bits + (half & (vu)(x == x))) & 0xffff0000u);
}
// 16-bit numbers, one a lane.
typedef uint16_t vh __attribute__((vector_size(2 * LANES)));
INLINE vh halves(vf x) {
#if defined(BFLOAT16) && defined(AVX512)
    const vh nearest = (vh)_mm512_cvtneps_pbh((__m512)x);
#else
    const vh nearest = __builtin_convertvector((vu)rounded(x) >> 16, vh);
#endif
    // The first one of a word in its upper bits.
    typedef uint32_t pairs __attribute__((vector_size(2 * LANES)));
    return (vh)((pairs)nearest << 16 | (pairs)nearest >> 16);
}
INLINE void store_halves(uint16_t *p, vh v, ptrdiff_t count) {
#if defined(AVX512)
    _mm256_mask_storeu_epi16(p, first_lanes(count), (__m256i)v);
#else
    memcpy(p, &v, sizeof(uint16_t) * (size_t)count);
#endif
}

// x + whole, rounded to the nearest whole number, ties to even, for |x| of at most 255: added to 1.5 * 2^23, a float32
// has no digits left for fractions.
#define BESIDE 12582912.0f
INLINE vi nearest(vf x, vf whole) { return (vi)(x + (BESIDE + whole)) - (vi)splat(BESIDE); }

typedef uint8_t vb __attribute__((vector_size(LANES)));
INLINE void store_bytes(uint8_t *p, vi v, ptrdiff_t count) {
    const vb bytes = __builtin_convertvector(v & 255, vb);
#if defined(AVX512)
    _mm_mask_storeu_epi8(p, first_lanes(count), (__m128i)bytes);
#else
    memcpy(p, &bytes, (size_t)count);
#endif
}
