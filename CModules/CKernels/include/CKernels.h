// Arithmetic on buffers: one instruction set at a time, chosen when the program runs.
//
// Every kernel stands once, in a header of Kernels/ written with Clang's vector extensions, and is compiled for each of
// InstructionSets/. A row of a result depends only on that row's inputs, and its operations have the same order in
// whatever company the row is computed: that makes predictions independent of batches and ranks.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is done to a product before it is stored. The rough ones are off by up to 2e-4, for results of fewer bits.
typedef enum {
    CK_IDENTITY = 0,
    CK_RELU = 1,
    CK_GELU = 2,
    CK_SILU = 3,
    CK_ROUGH_GELU = 4,
    CK_ROUGH_SILU = 5,
} ck_activation;

// How numbers are stored: by the 32-bit word of one, two or four of them. Those of fewer bits have two forms, a narrow
// one for processors that multiply it fast, and a wide one for the others; products have the same bits in both.
//
// AMX alone has bits of its own, in narrow bfloat16 where a row has 16 words or more. For each 16 words of a row it
// adds up, word by word, each time fused and from zero, `first`, the products of the words' first numbers, and
// `second`, those of their second ones; then it rounds first + second, and adds that to the sum so far.
typedef enum {
    CK_FLOAT32 = 0,
    CK_BFLOAT16 = 1,       // two in a word, the first in the upper bits, since processors take that one first
    CK_WIDE_BFLOAT16 = 2,  // bfloat16 as float32
    CK_INT8 = 3,           // four bytes q of 0 to 255, the first in the lowest bits: x = size * (q - zero) of the row
    CK_WIDE_INT8 = 4,      // the same as 16-bit q - zero, two in a word, the first in the lowest bits
} ck_format;

// What the bytes of a row stand for. Zero is always one of them: q = zero.
typedef struct {
    float size;
    int32_t zero;
} ck_step_t;

// Rows of numbers, `stride` words apart; each takes whole words.
typedef struct {
    void *start;
    ptrdiff_t stride;
    ck_format format;
    ck_step_t *steps;  // of each row, for bytes
} ck_rows_t;

// Bytes that a sum of products may have: 255 * 127 times as many are below 2^31.
#define CK_MOST_BYTES 66308

// C = activation(A B + bias), or C = activation(C + A B + bias) when `accumulate` is set.
//
// A has m rows of k numbers. With a window of w > 1 (a convolution with stride 1 along one image row of m pixels), row
// r of A is the k channels, padded to whole words, of each of the w x w pixels at row r + x, y * ld_image words further
// on. B stands in panels of `panel` columns (the last one rounded up to `lanes` columns), each word by word: for each
// y, x and word of k, a word of each column, padded with zeros. Bytes of B have a sign and are -127 to 127; column j
// then stands for scales[j] * byte, and sums[j] is the sum of its bytes: times a row's zero it is what that adds. There
// may be CK_MOST_BYTES of them, since sums have 32 bits. Bias, scales and sums are padded to a multiple of `lanes`. C
// is float32 or, unless accumulated, a form of bfloat16. Columns past n are not stored, but for the zeros that fill a
// word up.
typedef struct {
    ck_rows_t a;
    const int32_t *b;
    const float *bias;  // may be NULL
    const float *scales;
    const int32_t *sums;
    ck_rows_t c;
    ptrdiff_t m, n, k;
    ptrdiff_t window;  // 1 for a product
    ptrdiff_t ld_image;
    ck_activation activation;
    bool accumulate;
} ck_matmul_t;

// The row of a token of some galaxies: the patch tokens of all galaxies come first, then their class tokens. A galaxy's
// class token is its last one, number `patches`.
static inline ptrdiff_t ck_token_row(ptrdiff_t galaxies, ptrdiff_t patches, ptrdiff_t galaxy, ptrdiff_t token) {
    return token < patches ? galaxy * patches + token : galaxies * patches + galaxy;
}

// Softmax attention of `galaxies` galaxies with `patches` patch tokens and a class token each, in the rows of
// ck_token_row: of qkv ([3][head_size][heads] floats: queries, already scaled, keys, values) and of out
// ([head_size][heads]).
typedef struct {
    const float *qkv;
    ptrdiff_t ld_qkv;
    float *out;
    ptrdiff_t ld_out;
    ptrdiff_t galaxies, patches, heads, head_size;
    bool rough;      // the exponential may be off by a share of 1e-4
    float *scratch;  // ck_kernels_t.attention_scratch(patches) floats
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
    bool rough;      // CK_ROUGH_SILU instead of CK_SILU
    float *scratch;  // `inputs` floats
} ck_pcm_t;

// The kernels of one instruction set.
typedef struct {
    const char *name;
    const char *option;  // its short name
    int level;           // its place among all levels of the architecture, of which a processor may lack some
    ck_format bfloat16, int8;  // the narrowest forms that it takes; it also takes float32 and CK_WIDE_BFLOAT16
    bool tiles;       // whether it is AMX, whose registers are called tiles: see ck_format
    ptrdiff_t lanes;  // floats in one vector
    ptrdiff_t panel;  // columns of a weight panel: two vectors
    void (*matmul)(const ck_matmul_t *);
    // y = x in the format of y, row by row.
    void (*convert)(const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows, ptrdiff_t width);
    // y = (x - mean) / sqrt(variance + eps) in the format of y, row by row; x and y may be the same float32 rows.
    void (*layer_norm)(const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows, ptrdiff_t width, float eps);
    ptrdiff_t (*attention_scratch)(ptrdiff_t patches);
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
    // C [m][n] = A [m][k] B [k][n] in float64. Rows of A are lda apart, B and C dense; scratch holds k * lanes doubles
    // on a 64-byte boundary.
    void (*product)(const double *a, ptrdiff_t lda, const double *b, double *c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
                    double *scratch);
    // Multiplies and adds words of a format in registers, `rounds` times over (by tiles a multiple of 16): what the
    // core can do at best. Returns the operations done (a multiplication and an addition are two). All products are 1,
    // so that *sums, what they add up to, is half of that; up to 2^22 rounds it is exact.
    double (*peak)(ck_format format, ptrdiff_t rounds, double *sums);
} ck_kernels_t;

// From here on the calling thread takes denormal numbers (below 2^-126) for zero, in operands and in results: some
// processors need a hundred times longer for them, and AVX512-BF16 and AMX have none. Who wants the same bits of all
// forms and levels calls it. Returns what ck_restore takes.
uint64_t ck_flush_denormals(void);
// Also gives up what a thread keeps for tiles.
void ck_restore(uint64_t state);

// Kernels that this processor can run, from the plainest (0) to the widest; NULL past the end.
const ck_kernels_t *ck_available(int index);
// The short name of a level of this architecture, whatever this processor has; NULL past the end.
const char *ck_level_option(int level);

#endif
