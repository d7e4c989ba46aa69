// Every kernel for one instruction set, gathered in a table named TABLE.
// The including file defines LANES, FUSED or not, SHORT and TALL (the highest tiles of two and of one vector), TILES
// (TILE(rows, vectors) for each of them), NAME and TABLE.
#include "vector.h"

#include "matmul.h"

#include "normalise.h"

#include "attention.h"

#include "pcm.h"

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

// Sums that are independent of each other: enough to hide the latency of a fused multiply-add, few enough for registers.
#define PEAK_SUMS 12

static void activate(float *x, ptrdiff_t count, ck_activation activation) {
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        const ptrdiff_t part = count - i < LANES ? count - i : LANES;
        store_part(x + i, activated(load_part(x + i, part), activation), part);
    }
}

static double peak(ptrdiff_t rounds, float *sink) {
    vf sum[PEAK_SUMS], factor = splat(0.999f), addend = splat(1e-3f);
    // Neither known to the compiler nor ever changed, so that nothing is computed ahead of time.
    __asm__ volatile("" : "+m"(factor), "+m"(addend));
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) sum[i] = splat((float)i);
    for (ptrdiff_t round = 0; round < rounds; round++)
        UNROLL for (int i = 0; i < PEAK_SUMS; i++) sum[i] = madd(sum[i], factor, addend);
    vf total = {0};
    UNROLL for (int i = 0; i < PEAK_SUMS; i++) total += sum[i];
    *sink = lane_sum(total);
    return 2.0 * LANES * PEAK_SUMS * (double)rounds;
}

const ck_kernels_t TABLE = {
    .name = NAME,
    .lanes = LANES,
    .panel = 2 * LANES,
    .matmul = matmul,
    .layer_norm = layer_norm,
    .attention_scratch = attention_scratch,
    .attention = attention,
    .pcm = pcm,
    .wide_linear = wide_linear,
    .mean_rows = mean_rows,
    .average_pool = average_pool,
    .max_pool = max_pool,
    .activate = activate,
    .peak = peak,
};
