// Every kernel for one instruction set, gathered in a table named TABLE.
// The including file defines LANES, FUSED or not, AVX512, AVX2, VNNI and BFLOAT16 where the target has them, SHORT and
// TALL (the highest tiles of two and of one vector), TILES (TILE(rows, vectors) for each of them), QUERIES and KEYS (the
// block of an attention matrix that stays in registers), NAME and TABLE. Order matters from here on.
#include "vector.h"

#include "elementary.h"

#include "numbers.h"

#include "rows.h"

#include "matmul.h"

#include "pooling.h"

#include "attention.h"

#include "pcm.h"

#include "product.h"

static void wide_linear(const float *x, ptrdiff_t rows, ptrdiff_t inputs, const float *w, const float *bias, float *y,
                        ptrdiff_t ldy, ptrdiff_t width, ck_activation activation) {
    for (ptrdiff_t r = 0; r < rows; r++, x += inputs, y += ldy)
        for (ptrdiff_t j = 0; j < width; j += LANES) {
            const ptrdiff_t part = width - j < LANES ? width - j : LANES;
            vd total = __builtin_convertvector(load(bias + j), vd);
            for (ptrdiff_t i = 0; i < inputs; i++)
                total += __builtin_convertvector(load(w + i * padded(width) + j), vd) * (double)x[i];
            const vf result = activated(__builtin_convertvector(total, vf), activation);
            store_part(y + j, result, part);
        }
}

static void activate(float *x, ptrdiff_t count, ck_activation activation) {
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        const ptrdiff_t part = count - i < LANES ? count - i : LANES;
        store_part(x + i, activated(load_part(x + i, part), activation), part);
    }
}

// Sums that are independent of each other: enough to hide the latency of a fused multiply-add, few enough for registers.
#define PEAK_SUMS 12

#if defined(__aarch64__)
#define REGISTER "w"
#else
#define REGISTER "v"
#endif

INLINE vi peak_of(const ck_format format, ptrdiff_t rounds) {
    vi sum[PEAK_SUMS], factor = splat_word(0x3f7f3f7f), other = splat_word(0x00010001);
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) sum[i] = splat_word(i);
    for (ptrdiff_t round = 0; round < rounds; round++) {
        UNROLL for (int i = 0; i < PEAK_SUMS; i++) {
            // For all that the compiler knows it changes, as in a product: nothing is computed once for all.
            __asm__ volatile("" : "+" REGISTER(other));
            sum[i] = dot(format, factor, other, sum[i]);
        }
    }
    vi total = {0};
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) total ^= sum[i];
    return total;
}

static double peak(ck_format format, ptrdiff_t rounds, float *sink) {
    switch (format) {
        case CK_FLOAT32: *sink = (float)peak_of(CK_FLOAT32, rounds)[0]; break;
        case CK_BFLOAT16: *sink = (float)peak_of(CK_BFLOAT16, rounds)[0]; break;
        case CK_INT8: *sink = (float)peak_of(CK_INT8, rounds)[0]; break;
    }
    return 2.0 * LANES * PEAK_SUMS * (double)(rounds * numbers_per_word(format));
}

const ck_kernels_t TABLE = {
    .name = NAME,
    .lanes = LANES,
    .panel = 2 * LANES,
    .matmul = matmul,
    .convert = convert,
    .layer_norm = layer_norm,
    .attention_scratch = attention_scratch,
    .attention = attention,
    .pcm = pcm,
    .wide_linear = wide_linear,
    .mean_rows = mean_rows,
    .average_pool = average_pool,
    .max_pool = max_pool,
    .activate = activate,
    .product = product,
    .peak = peak,
};
