// Numbers of fewer bits. A 32-bit word of an operand holds one float32, two bfloat16 or four bytes, the first feature
// in its lowest bits; a vector of words times a vector of words gives a vector of sums.

INLINE ptrdiff_t numbers_per_word(ck_format format) { return (ptrdiff_t)1 << format; }
INLINE ptrdiff_t words(ptrdiff_t numbers, ck_format format) {
    return (numbers + numbers_per_word(format) - 1) / numbers_per_word(format);
}

typedef int32_t vi_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
INLINE vi load_words(const int32_t *p) { return *(const vi_unaligned *)p; }
INLINE vi splat_word(int32_t x) { return x - (vi){0}; }

// sum + the products of the two bfloat16 numbers of each word, the upper one first, each sum rounded to float32.
// A product of two bfloat16 is exact in float32, so that this has the same bits with and without AVX512-BF16 (but for
// numbers below 1e-38, which that takes for zero).
INLINE vf dot_bfloat16(vi a, vi b, vf sum) {
#if defined(BFLOAT16)
    return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
    const vu upper = 0xffff0000u - (vu){0};
    sum = madd((vf)((vu)a & upper), (vf)((vu)b & upper), sum);
    return madd((vf)((vu)a << 16), (vf)((vu)b << 16), sum);
#endif
}

// sum + the products of the four bytes of each word: those of a without a sign, those of b with one. Exact modulo 2^32:
// what the 128 in the bytes of a adds is taken off in the end, and what is left fits.
INLINE vi dot_int8(vi a, vi b, vi sum) {
#if defined(VNNI)
    return (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#elif defined(AVX512)
    const __m512i even = (__m512i)(a & 0x00ff00ff), odd = (__m512i)(((vu)a >> 8) & 0x00ff00ff);
    const __m512i signed_even = _mm512_srai_epi16(_mm512_slli_epi16((__m512i)b, 8), 8);
    const __m512i signed_odd = _mm512_srai_epi16((__m512i)b, 8);
    return (vi)((vu)sum + (vu)_mm512_madd_epi16(even, signed_even) + (vu)_mm512_madd_epi16(odd, signed_odd));
#elif defined(AVX2)
    const __m256i even = (__m256i)(a & 0x00ff00ff), odd = (__m256i)(((vu)a >> 8) & 0x00ff00ff);
    const __m256i signed_even = _mm256_srai_epi16(_mm256_slli_epi16((__m256i)b, 8), 8);
    const __m256i signed_odd = _mm256_srai_epi16((__m256i)b, 8);
    return (vi)((vu)sum + (vu)_mm256_madd_epi16(even, signed_even) + (vu)_mm256_madd_epi16(odd, signed_odd));
#else
    UNROLL for (int i = 0; i < 4; i++)
        sum = (vi)((vu)sum + (vu)(((a >> 8 * i) & 255) * ((vi)((vu)b << (24 - 8 * i)) >> 24)));
    return sum;
#endif
}

// What a product does with one word of each row; sums of float32 and bfloat16 are floats, those of bytes are integers.
INLINE vi dot(const ck_format format, vi a, vi b, vi sum) {
    switch (format) {
        case CK_FLOAT32: return (vi)madd((vf)a, (vf)b, (vf)sum);
        case CK_BFLOAT16: return (vi)dot_bfloat16(a, b, (vf)sum);
        default: return dot_int8(a, b, sum);
    }
}

// To the nearest bfloat16, ties to even; NaN stays NaN, and numbers below 2^-126 become zero.
typedef uint16_t vh __attribute__((vector_size(2 * LANES)));
INLINE vh rounded(vf x) {
#if defined(BFLOAT16)
    return (vh)_mm512_cvtneps_pbh((__m512)x);
#else
    const vu bits = (vu)x, upper = bits >> 16;
    const vu nearest = (bits + 0x7fffu + (upper & 1u)) >> 16;
    const vu is_nan = (vu)(x != x), is_tiny = (vu)((bits & 0x7f800000u) == 0);
    const vu usual = (nearest & ~is_nan) | ((upper | 0x40u) & is_nan);
    return __builtin_convertvector((usual & ~is_tiny) | (upper & 0x8000u & is_tiny), vh);
#endif
}
INLINE void store_halves(uint16_t *p, vh v, ptrdiff_t count) {
#if defined(AVX512)
    _mm256_mask_storeu_epi16(p, first_lanes(count), (__m256i)v);
#else
    memcpy(p, &v, sizeof(uint16_t) * (size_t)count);
#endif
}

// Bytes stand for whole numbers of -127 to 127, plus this.
#define BYTE_ZERO 128
typedef uint8_t vb __attribute__((vector_size(LANES)));
// x, at most 127 in magnitude, to the nearest whole number, ties to even: adding 1.5 * 2^23 leaves it in the low bits.
INLINE vb bytes(vf x) {
    const vu bits = (vu)(x + (12582912.0f + BYTE_ZERO));
    return __builtin_convertvector(bits & 255u, vb);
}
INLINE void store_bytes(uint8_t *p, vb v, ptrdiff_t count) {
#if defined(AVX512)
    _mm_mask_storeu_epi8(p, first_lanes(count), (__m128i)v);
#else
    memcpy(p, &v, (size_t)count);
#endif
}
