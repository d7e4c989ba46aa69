// Matrix products and convolutions: one register-blocked tile of ROWS x VECTORS, instantiated for every height.
//
// A tile keeps its sums in registers over the whole depth, so each sum runs over k in order from zero and then meets the
// bias, the activation and the old value: the same for every tile height.

// One tile: `rows` rows of A against one panel of `vectors` vectors; `columns` of them are stored.
INLINE void tile(const int rows, const int vectors, const ck_matmul_t *t, const float *a, const float *b,
                 const float *bias, float *c, ptrdiff_t columns) {
    const ptrdiff_t lda = t->lda;
    vf sum[TALL][2];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = (vf){0};

    for (ptrdiff_t y = 0; y < t->window; y++) {
        for (ptrdiff_t x = 0; x < t->window; x++) {
            const float *at = a + y * t->ld_image + x * lda;
            for (ptrdiff_t k = 0; k < t->k; k++) {
                vf column[2];
                UNROLL for (int v = 0; v < vectors; v++) column[v] = load(b + v * LANES);
                UNROLL for (int r = 0; r < rows; r++) {
                    const vf element = splat(at[r * lda + k]);
                    UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = madd(element, column[v], sum[r][v]);
                }
                b += vectors * LANES;
            }
        }
    }

    UNROLL for (int v = 0; v < vectors; v++) {
        const ptrdiff_t stored = columns - v * LANES;
        const vf shift = bias ? load(bias + v * LANES) : (vf){0};
        UNROLL for (int r = 0; r < rows; r++) {
            float *to = c + r * t->ldc + v * LANES;
            vf y = activated(sum[r][v] + shift, t->activation);
            if (stored >= LANES) {
                store(to, t->accumulate ? load(to) + y : y);
            } else {
                store_part(to, t->accumulate ? load_part(to, stored) + y : y, stored);
            }
        }
    }
}

typedef void tile_function(const ck_matmul_t *, const float *, const float *, const float *, float *, ptrdiff_t);
#define TILE(rows, vectors)                                                                                          \
    static void tile_##rows##x##vectors(const ck_matmul_t *t, const float *a, const float *b, const float *bias,     \
                                        float *c, ptrdiff_t columns) {                                               \
        tile(rows, vectors, t, a, b, bias, c, columns);                                                              \
    }
TILES
#undef TILE
#define TILE(rows, vectors) [vectors - 1][rows] = tile_##rows##x##vectors,
static tile_function *const tiles[2][TALL + 1] = {TILES};
#undef TILE

#define CACHE_LINE 16  // floats

// Rows are dealt to tiles of nearly equal height, none higher than the registers allow.
static void multiply_panel(const ck_matmul_t *t, const float *b, const float *bias, float *c, ptrdiff_t columns) {
    const int vectors = columns > LANES ? 2 : 1;
    const ptrdiff_t highest = vectors == 2 ? SHORT : TALL;
    const ptrdiff_t blocks = (t->m + highest - 1) / highest;
    const float *a = t->a;
    // The panel behind this one is fetched meanwhile, a part with each tile: weights come from memory, once for all rows.
    const ptrdiff_t depth = t->window * t->window * t->k, size = depth * vectors * LANES;
    const float *ahead = b + size;
    const ptrdiff_t share = (size / blocks + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    for (ptrdiff_t block = 0; block < blocks; block++) {
        for (ptrdiff_t i = 0; i < share; i += CACHE_LINE) __builtin_prefetch(ahead + i, 0, 2);
        ahead += share;
        const ptrdiff_t rows = t->m / blocks + (block < t->m % blocks);
        tiles[vectors - 1][rows](t, a, b, bias, c, columns);
        a += rows * t->lda;
        c += rows * t->ldc;
    }
}

static void matmul(const ck_matmul_t *t) {
    for (ptrdiff_t j = 0; t->m > 0 && j < t->n; j += 2 * LANES) {
        const ptrdiff_t columns = t->n - j < 2 * LANES ? t->n - j : 2 * LANES;
        const ptrdiff_t depth = t->window * t->window * t->k;
        multiply_panel(t, t->b + j * depth, t->bias ? t->bias + j : NULL, t->c + j, columns);
    }
}
