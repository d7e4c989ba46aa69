// The instructions that only the level AMX has, and those of AVX-512 that it takes, in plain C: for tests on processors
// without them. Written from the operations in Intel's manual of instructions, not from the kernels.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PLAIN
// Vectors wider than the registers pass between functions of this file only.
#pragma clang diagnostic ignored "-Wpsabi"

enum { MODEL_ROWS = 16, MODEL_BYTES = 64 };

typedef float model_floats __attribute__((vector_size(MODEL_BYTES)));
typedef int32_t model_words __attribute__((vector_size(MODEL_BYTES)));
typedef uint32_t model_bits __attribute__((vector_size(MODEL_BYTES)));

// What a thread has: nothing is allowed before a configuration, nor with shapes that do not fit together.
static _Thread_local struct {
    bool is_configured;
    int rows[8], row_bytes[8];
    model_words row[8][MODEL_ROWS];
} model;

static inline void model_require(bool condition) {
    if (!condition) __builtin_trap();
}

// Numbers below 2^-126 are zero, in operands and results.
static inline model_floats model_flushed(model_floats x) {
    const model_bits bits = (model_bits)x, is_tiny = (model_bits)((bits & 0x7f800000u) == 0);
    return (model_floats)(bits & ~(is_tiny & 0x7fffffffu));
}
static inline model_floats model_madd(model_floats a, model_floats b, model_floats c) {
    return model_flushed(__builtin_elementwise_fma(model_flushed(a), model_flushed(b), c));
}
static inline model_floats model_upper(model_words x) { return (model_floats)((model_bits)x & 0xffff0000u); }
static inline model_floats model_lower(model_words x) { return (model_floats)((model_bits)x << 16); }
// sum + a b of the bytes of each word, those of b with a sign.
static inline model_words model_dot_bytes(model_words sum, model_words a, model_words b) {
    for (int byte = 0; byte < 4; byte++)
        sum = (model_words)((model_bits)sum + (((model_bits)a >> (8 * byte)) & 255) *
                                                  (model_bits)((model_words)((model_bits)b << (24 - 8 * byte)) >> 24));
    return sum;
}

static inline void model_load_configuration(const void *from) {
    const uint8_t *const bytes = from;
    model_require(bytes[0] == 1 && bytes[1] == 0);
    for (int i = 2; i < 16; i++) model_require(bytes[i] == 0);
    for (int tile = 0; tile < 16; tile++) {
        uint16_t row_bytes;
        memcpy(&row_bytes, bytes + 16 + 2 * tile, sizeof row_bytes);
        const int rows = bytes[48 + tile];
        if (tile >= 8) {
            model_require(rows == 0 && row_bytes == 0);
            continue;
        }
        model_require(rows <= MODEL_ROWS && row_bytes <= MODEL_BYTES && row_bytes % 4 == 0);
        model_require((rows == 0) == (row_bytes == 0));
        model.rows[tile] = rows;
        model.row_bytes[tile] = row_bytes;
    }
    memset(model.row, 0, sizeof model.row);
    model.is_configured = true;
}
static inline void model_release(void) { memset(&model, 0, sizeof model); }

static inline void model_zero(int tile) {
    model_require(model.is_configured);
    memset(model.row[tile], 0, sizeof model.row[tile]);
}

static inline void model_load(int tile, const void *from, size_t stride) {
    model_zero(tile);
    for (int r = 0; r < model.rows[tile]; r++)
        memcpy(&model.row[tile][r], (const char *)from + (size_t)r * stride, (size_t)model.row_bytes[tile]);
}

static inline void model_store(int tile, void *to, size_t stride) {
    model_require(model.is_configured);
    for (int r = 0; r < model.rows[tile]; r++)
        memcpy((char *)to + (size_t)r * stride, &model.row[tile][r], (size_t)model.row_bytes[tile]);
}

// Whether a product may be added to a sum: three registers, of shapes that fit.
static inline void model_require_product(int sum, int a, int b) {
    model_require(model.is_configured && sum != a && sum != b && a != b);
    model_require(model.rows[sum] == model.rows[a] && model.row_bytes[sum] == model.row_bytes[b]);
    model_require(model.row_bytes[a] == 4 * model.rows[b]);
}

// What is in no row and in no column of a register is zero, and stays so.
static inline void model_multiply_bfloat16(int sum, int a, int b) {
    model_require_product(sum, a, b);
    for (int m = 0; m < model.rows[sum]; m++) {
        model_floats even = {0}, odd = {0};
        for (int k = 0; k < model.rows[b]; k++) {
            const model_words element = model.row[a][m][k] - (model_words){0}, row = model.row[b][k];
            even = model_madd(model_lower(element), model_lower(row), even);
            odd = model_madd(model_upper(element), model_upper(row), odd);
        }
        const model_floats before = model_flushed((model_floats)model.row[sum][m]);
        model.row[sum][m] = (model_words)model_flushed(before + model_flushed(even + odd));
    }
}

static inline void model_multiply_bytes(int sum, int a, int b) {
    model_require_product(sum, a, b);
    for (int m = 0; m < model.rows[sum]; m++)
        for (int k = 0; k < model.rows[b]; k++)
            model.row[sum][m] =
                model_dot_bytes(model.row[sum][m], model.row[a][m][k] - (model_words){0}, model.row[b][k]);
}

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#undef _tile_dpbusd
#define _tile_loadconfig model_load_configuration
#define _tile_release model_release
#define _tile_zero model_zero
#define _tile_loadd model_load
#define _tile_stored model_store
#define _tile_dpbf16ps model_multiply_bfloat16
#define _tile_dpbusd model_multiply_bytes

// The upper number of a word first.
static inline __m512 model_dot_bfloat16(__m512 sum, __m512bh a, __m512bh b) {
    const model_floats upper =
        model_madd(model_upper((model_words)a), model_upper((model_words)b), model_flushed((model_floats)sum));
    return (__m512)model_madd(model_lower((model_words)a), model_lower((model_words)b), upper);
}
static inline __m512i model_dot_bytes_of_vectors(__m512i sum, __m512i a, __m512i b) {
    return (__m512i)model_dot_bytes((model_words)sum, (model_words)a, (model_words)b);
}

#define _mm512_dpbf16_ps model_dot_bfloat16
#define _mm512_dpbusd_epi32 model_dot_bytes_of_vectors
