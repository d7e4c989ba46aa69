// Arithmetic on buffers of float32: one instruction set at a time, chosen when the program runs.
//
// Every kernel stands once, in a header written with Clang's vector extensions, and is compiled for each instruction set
// (avx512.c, avx2.c, portable.c). A row of a result depends only on that row's inputs, and its operations have the same
// order in whatever company the row is computed: that makes predictions independent of batches and ranks.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>

// What is done to a product before it is stored.
typedef enum { CK_IDENTITY = 0, CK_RELU = 1, CK_GELU = 2, CK_SILU = 3 } ck_activation;

// C = activation(A B + bias), or C += A B + bias when `accumulate` is set (then without an activation).
//
// A has m rows of k floats, lda floats apart. With a window of w > 1 (a convolution with stride 1 along one image row of
// m pixels), row r of A is the k channels of each of the w x w pixels at a + y * ld_image + (r + x) * lda, y then x from 0;
// B then has w * w * k rows. B stands in panels of `panel` columns (the last one rounded up to `lanes` columns), each row
// by row, padded with zeros. The bias, if any, is padded to a multiple of `lanes`. Columns past n are not stored.
typedef struct {
    const float *a;
    ptrdiff_t lda;
    const float *b;
    const float *bias;
    float *c;
    ptrdiff_t ldc;
    ptrdiff_t m, n, k;
    ptrdiff_t window;
    ptrdiff_t ld_image;
    ck_activation activation;
    bool accumulate;
} ck_matmul_t;

// Softmax attention of `galaxies` galaxies with `patches` patch tokens and a class token each.
// Patch token p of galaxy g is row g * patches + p, its class token row galaxies * patches + g, in qkv (rows of
// 3 * heads * head_size floats: queries, already scaled, keys, values) and in out (rows of heads * head_size).
typedef struct {
    const float *qkv;
    ptrdiff_t ld_qkv;
    float *out;
    ptrdiff_t ld_out;
    ptrdiff_t galaxies, patches, heads, head_size;
    float *scratch;  // ck_kernels_t.attention_scratch(patches, head_size) floats
} ck_attention_t;

// The token-wise convolution path of a block, added to dst: dst += W2 silu(W1 src + b1) + b2, group by group.
// Channel i of group g is float i * groups + g of a row. Weights are padded to `lanes` groups:
// w1 [hidden][inputs][padded groups], b1 [hidden][padded], w2 [hidden][inputs][padded], b2 [inputs][padded].
typedef struct {
    const float *src;
    float *dst;
    ptrdiff_t ld;
    ptrdiff_t rows, groups, inputs, hidden;
    const float *w1, *b1, *w2, *b2;
} ck_pcm_t;

// The kernels of one instruction set.
typedef struct {
    const char *name;
    ptrdiff_t lanes;  // floats in one vector
    ptrdiff_t panel;  // columns of a weight panel: two vectors
    void (*matmul)(const ck_matmul_t *);
    // y = (x - mean) / sqrt(variance + eps) * scale + shift, row by row; x and y may be the same.
    void (*layer_norm)(const float *x, ptrdiff_t ldx, float *y, ptrdiff_t ldy, ptrdiff_t rows, ptrdiff_t width,
                       const float *scale, const float *shift, float eps);
    ptrdiff_t (*attention_scratch)(ptrdiff_t patches, ptrdiff_t head_size);
    void (*attention)(const ck_attention_t *);
    void (*pcm)(const ck_pcm_t *);
    // y = activation(x W + bias) with few inputs, accumulated in float64. W is [inputs][width padded to lanes], and the
    // bias is padded likewise.
    void (*wide_linear)(const float *x, ptrdiff_t rows, ptrdiff_t inputs, const float *w, const float *bias, float *y,
                        ptrdiff_t ldy, ptrdiff_t width, ck_activation activation);
    // Mean over each run of `count` rows of x: y row r is the mean of x rows r * count ..< (r + 1) * count.
    void (*mean_rows)(const float *x, ptrdiff_t ldx, ptrdiff_t count, float *y, ptrdiff_t ldy, ptrdiff_t rows,
                      ptrdiff_t width);
    // 2x2 average pooling of [size][size][channels] to [size/2][size/2][channels].
    void (*average_pool)(const float *x, float *y, ptrdiff_t size, ptrdiff_t channels);
    // 3x3 max pooling with stride 1 and padding 1 of [size][size][channels].
    void (*max_pool)(const float *x, float *y, ptrdiff_t size, ptrdiff_t channels);
    // x = activation(x), for tests and small work.
    void (*activate)(float *x, ptrdiff_t count, ck_activation activation);
    // Multiplies and adds in registers, `rounds` times over: what the core can do at best. Returns the operations done
    // (a multiplication and an addition are two); *sink receives a value that depends on all of them.
    double (*peak)(ptrdiff_t rounds, float *sink);
} ck_kernels_t;

// Kernels that this processor can run, from the plainest (0) to the widest; NULL past the end.
const ck_kernels_t *ck_available(int index);

#endif
