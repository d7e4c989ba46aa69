// One tile of a matrix product or convolution, ROWS x VECTORS in registers.
//
// A tile keeps its sums in registers over the whole depth, so each sum runs over the words in order from zero and then
// goes through the epilogue: the same for every tile height.

// A tile of `rows` rows and `vectors` vectors.
INLINE void multiply_tile(const ck_format format, const int rows, const int vectors, const ck_matmul_t *t,
                          const tile_t *tile) {
    const ptrdiff_t lda = t->a.stride, depth = words(t->k, format);
    const int32_t *const a = row_of(&t->a, tile->row), *b = tile->b;
    vi sum[2 * TALL];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) sum[2 * r + v] = (vi){0};

    for (ptrdiff_t y = 0; y < t->window; y++) {
        for (ptrdiff_t x = 0; x < t->window; x++) {
            const int32_t *const at = a + y * t->ld_image + x * lda;
            for (ptrdiff_t k = 0; k < depth; k++) {
                vi column[2];
                UNROLL for (int v = 0; v < vectors; v++) column[v] = load_words(b + v * LANES);
                UNROLL for (int r = 0; r < rows; r++) {
                    const vi element = left_word(format, at[r * lda + k]);
                    UNROLL for (int v = 0; v < vectors; v++)
                        sum[2 * r + v] = dot(format, element, column[v], sum[2 * r + v]);
                }
                b += vectors * LANES;
            }
        }
    }
    // What takes few instructions is done here; functions take so many that they stand once for all tiles.
    const bool is_whole = t->c.format == CK_FLOAT32 && tile->columns >= vectors * LANES;
    if (is_whole && t->activation == CK_IDENTITY) {
        epilogue(format, CK_IDENTITY, rows, vectors, t, tile, sum);
    } else if (is_whole && t->activation == CK_RELU) {
        epilogue(format, CK_RELU, rows, vectors, t, tile, sum);
    } else {
        vi sums[2 * TALL];
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < vectors; v++) sums[2 * r + v] = sum[2 * r + v];
        epilogue_from_memory(format, t, tile, sums);
    }
}
