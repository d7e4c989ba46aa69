// What a core can do at best: the measure of the products.

// Sums that are independent of each other: enough to hide the latency of a fused multiply-add, few enough for
// registers.
#define PEAK_SUMS 12

#if defined(__aarch64__)
#define CONSTRAINT "w"
#elif defined(PLAIN)
#define CONSTRAINT "m"
#else
#define CONSTRAINT "v"
#endif
// For all that the compiler knows, x is another one from here on.
#define CHANGE(x) __asm__ volatile("" : "+" CONSTRAINT(x))

// A word full of ones.
INLINE int32_t ones(const ck_format format) {
    switch (format) {
        case CK_BFLOAT16: return 0x3f803f80;
        case CK_INT8: return 0x01010101;
        case CK_WIDE_INT8: return 0x00010001;
        default: return 0x3f800000;
    }
}

// The lanes of a vector of sums, added up.
INLINE double total_of(const ck_format format, vi sum) {
    double total = 0;
    for (int lane = 0; lane < LANES; lane++) total += is_bytes(format) ? (double)sum[lane] : (double)((vf)sum)[lane];
    return total;
}

// What the sums have grown by. Every product is 1 and every sum a whole number that float32 holds: nothing decays to
// denormal numbers or grows to infinity, at which some processors are a hundred times slower, and the total is exact.
INLINE double peak_of(const ck_format format, ptrdiff_t rounds) {
    vi sum[PEAK_SUMS], factor[PEAK_SUMS], other = splat_word(ones(format));
    double before = 0, after = 0;
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) {
        factor[i] = splat_word(ones(format));
        // As in a product each sum has a left operand of its own.
        CHANGE(factor[i]);
        sum[i] = is_bytes(format) ? splat_word(i + 1) : (vi)splat((float)(i + 1));
        before += total_of(format, sum[i]);
    }
    for (ptrdiff_t round = 0; round < rounds; round++) {
        CHANGE(other);
        UNROLL for (int i = 0; i < PEAK_SUMS; i++) {
            if (REGISTERS > 2 * PEAK_SUMS) CHANGE(factor[i]);
            sum[i] = dot(format, factor[i], other, sum[i]);
        }
    }
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) after += total_of(format, sum[i]);
    return after - before;
}

#if defined(AMX)
// The same by AMX, for 16 rounds at a time and in the four sums of a product.
INLINE double peak_by_amx(ck_format format, ptrdiff_t rounds, double *sums) {
    const ptrdiff_t steps = (rounds + AMX_SIDE - 1) / AMX_SIDE;
    vi sum[2 * AMX_HIGHEST];
    for (int i = 0; i < AMX_SIDE; i++) sum[i] = splat_word(ones(format));
    amx_begin();
    _tile_loadd(4, sum, sizeof(vi)), _tile_loadd(5, sum, sizeof(vi));
    _tile_loadd(6, sum, sizeof(vi)), _tile_loadd(7, sum, sizeof(vi));
    for (ptrdiff_t step = 0; step < steps; step++) amx_multiply(format, true, true);
    amx_end(sum, AMX_SIDE);
    *sums = 0;
    for (int i = 0; i < 2 * AMX_HIGHEST; i++) *sums += total_of(format, sum[i]);
    return 2.0 * 4 * AMX_SIDE * AMX_SIDE * AMX_SIDE * (double)(steps * numbers_per_word(format));
}
#endif

static double peak(ck_format format, ptrdiff_t rounds, double *sums) {
#if defined(AMX)
    if (format == CK_BFLOAT16 || format == CK_INT8) return peak_by_amx(format, rounds, sums);
#endif
    switch (format) {
#if defined(BFLOAT16)
        case CK_BFLOAT16: *sums = peak_of(CK_BFLOAT16, rounds); break;
#endif
        case CK_INT8:
        case CK_WIDE_INT8: *sums = peak_of(CK_BYTES, rounds); break;
        default: *sums = peak_of(CK_FLOAT32, rounds); break;
    }
    return 2.0 * LANES * PEAK_SUMS * (double)(rounds * numbers_per_word(format));
}
