// Matrix products and convolutions: one register-blocked tile of ROWS x VECTORS, instantiated for every height and format.
//
// A tile keeps its sums in registers over the whole depth, so each sum runs over the words in order from zero and then
// meets the scale, the bias, the old value and the activation: the same for every tile height.

// A tile of C, and what it is made from: its first row and column, how many rows, vectors and columns it has, and its
// panel of B.
typedef struct {
    ptrdiff_t row, column, columns;
    int rows, vectors;
    const int32_t *b;
} tile_t;

// What the sums of a vector of columns still need.
typedef struct {
    vf shift, scale;
    vi offset;
} finish_t;

INLINE finish_t finish_of(const ck_format format, const ck_matmul_t *t, ptrdiff_t column) {
    return (finish_t){
        .shift = t->bias ? load(t->bias + column) : (vf){0},
        .scale = format == CK_INT8 ? load(t->scales + column) : (vf){0},
        .offset = format == CK_INT8 ? load_words(t->offsets + column) : (vi){0},
    };
}

// `part` numbers of a row of C from their finished sums.
INLINE void finish_vector(const ck_format format, const ck_activation activation, const ck_matmul_t *t, ptrdiff_t row,
                          ptrdiff_t column, vi sum, const finish_t *finish, ptrdiff_t part) {
    vf y = (vf)sum + finish->shift;
    if (format == CK_INT8) {
        const vf whole = __builtin_convertvector((vi)((vu)sum - (vu)finish->offset), vf);
        y = madd(whole * splat(t->a.scales[row]), finish->scale, finish->shift);
    }
    int32_t *const to = row_of(&t->c, row);
    if (t->c.format == CK_BFLOAT16) {
        store_halves((uint16_t *)to + column, rounded(activated(y, activation)), part + part % 2);
    } else {
        float *const c = (float *)to + column;
        if (t->accumulate) y = load_part(c, part) + y;
        store_part(c, activated(y, activation), part);
    }
}

INLINE void finish_columns(const ck_format format, const ck_activation activation, const ck_matmul_t *t,
                           const tile_t *tile, const vi (*sums)[2], int v, ptrdiff_t part) {
    const ptrdiff_t column = tile->column + v * LANES;
    const finish_t finish = finish_of(format, t, column);
    for (int r = 0; r < tile->rows; r++)
        finish_vector(format, activation, t, tile->row + r, column, sums[r][v], &finish, part);
}

INLINE void finish_tile(const ck_format format, const ck_activation activation, const ck_matmul_t *t,
                        const tile_t *tile, const vi (*sums)[2]) {
    for (int v = 0; v < tile->vectors; v++) {
        const ptrdiff_t left = tile->columns - v * LANES;
        if (left >= LANES)
            finish_columns(format, activation, t, tile, sums, v, LANES);
        else
            finish_columns(format, activation, t, tile, sums, v, left);
    }
}

// Once for each format and activation, whatever the shape of the tile: the sums come through memory.
#define FINISH(format)                                                                                               \
    static __attribute__((noinline)) void finish_##format(const ck_matmul_t *t, const tile_t *tile,                  \
                                                          const vi (*sums)[2]) {                                     \
        switch (t->activation) {                                                                                     \
            case CK_IDENTITY: finish_tile(CK_##format, CK_IDENTITY, t, tile, sums); break;                           \
            case CK_RELU: finish_tile(CK_##format, CK_RELU, t, tile, sums); break;                                   \
            case CK_GELU: finish_tile(CK_##format, CK_GELU, t, tile, sums); break;                                   \
            case CK_SILU: finish_tile(CK_##format, CK_SILU, t, tile, sums); break;                                   \
            case CK_ROUGH_GELU: finish_tile(CK_##format, CK_ROUGH_GELU, t, tile, sums); break;                       \
            case CK_ROUGH_SILU: finish_tile(CK_##format, CK_ROUGH_SILU, t, tile, sums); break;                       \
        }                                                                                                            \
    }
FINISH(FLOAT32)
FINISH(BFLOAT16)
FINISH(INT8)

// Finishes a whole tile from its registers.
INLINE void finish_at_once(const ck_format format, const ck_activation activation, const int rows, const int vectors,
                           const ck_matmul_t *t, const tile_t *tile, const vi (*sum)[2]) {
    UNROLL for (int v = 0; v < vectors; v++) {
        const ptrdiff_t column = tile->column + v * LANES;
        const finish_t finish = finish_of(format, t, column);
        UNROLL for (int r = 0; r < rows; r++)
            finish_vector(format, activation, t, tile->row + r, column, sum[r][v], &finish, LANES);
    }
}

// A tile of `rows` rows and `vectors` vectors; false when its sums are still to be finished.
INLINE bool multiply_tile(const ck_format format, const int rows, const int vectors, const ck_matmul_t *t,
                          const tile_t *tile, vi (*sums)[2]) {
    const ptrdiff_t lda = t->a.stride, depth = words(t->k, format);
    const int32_t *const a = row_of(&t->a, tile->row), *b = tile->b;
    vi sum[TALL][2];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = (vi){0};

    for (ptrdiff_t y = 0; y < t->window; y++) {
        for (ptrdiff_t x = 0; x < t->window; x++) {
            const int32_t *const at = a + y * t->ld_image + x * lda;
            for (ptrdiff_t k = 0; k < depth; k++) {
                vi column[2];
                UNROLL for (int v = 0; v < vectors; v++) column[v] = load_words(b + v * LANES);
                UNROLL for (int r = 0; r < rows; r++) {
                    const vi element = splat_word(at[r * lda + k]);
                    UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = dot(format, element, column[v], sum[r][v]);
                }
                b += vectors * LANES;
            }
        }
    }
    // What takes few instructions is done here; functions take so many that they stand once for all tiles.
    const bool is_whole = t->c.format == CK_FLOAT32 && tile->columns >= vectors * LANES;
    if (is_whole && t->activation == CK_IDENTITY) {
        finish_at_once(format, CK_IDENTITY, rows, vectors, t, tile, sum);
        return true;
    }
    if (is_whole && t->activation == CK_RELU) {
        finish_at_once(format, CK_RELU, rows, vectors, t, tile, sum);
        return true;
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = sum[r][v];
    return false;
}

typedef void tile_function(const ck_matmul_t *, const tile_t *);
#define TILE_OF(format, height, width)                                                                               \
    static void tile_##format##_##height##x##width(const ck_matmul_t *t, const tile_t *tile) {                       \
        vi sums[TALL][2];                                                                                            \
        if (!multiply_tile(CK_##format, height, width, t, tile, sums)) finish_##format(t, tile, sums);                                                                              \
    }
#define TILE(height, width) \
    TILE_OF(FLOAT32, height, width) TILE_OF(BFLOAT16, height, width) TILE_OF(INT8, height, width)
TILES
#undef TILE
#define TILE(height, width)                                               \
    [CK_FLOAT32][width - 1][height] = tile_FLOAT32_##height##x##width,    \
    [CK_BFLOAT16][width - 1][height] = tile_BFLOAT16_##height##x##width,  \
    [CK_INT8][width - 1][height] = tile_INT8_##height##x##width,
static tile_function *const tiles[3][2][TALL + 1] = {TILES};
#undef TILE

#define CACHE_LINE 16  // words

// Rows are dealt to tiles of nearly equal height, none higher than the registers allow.
static void multiply_panel(const ck_matmul_t *t, tile_t tile) {
    tile.vectors = tile.columns > LANES ? 2 : 1;
    const ptrdiff_t highest = tile.vectors == 2 ? SHORT : TALL;
    const ptrdiff_t blocks = (t->m + highest - 1) / highest;
    // The panel behind this one is fetched meanwhile, a part with each tile: weights come from memory, once for all rows.
    // Few rows, as those of an image, come again and again and find their weights in the cache.
    const ptrdiff_t depth = t->window * t->window * words(t->k, t->a.format), size = depth * tile.vectors * LANES;
    const int32_t *ahead = tile.b + size;
    const ptrdiff_t share = blocks > 2 ? (size / blocks + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE : 0;
    for (ptrdiff_t block = 0; block < blocks; block++) {
        for (ptrdiff_t i = 0; i < share; i += CACHE_LINE) __builtin_prefetch(ahead + i, 0, 2);
        ahead += share;
        tile.rows = (int)(t->m / blocks + (block < t->m % blocks));
        tiles[t->a.format][tile.vectors - 1][tile.rows](t, &tile);
        tile.row += tile.rows;
    }
}

static void matmul(const ck_matmul_t *t) {
    const ptrdiff_t depth = t->window * t->window * words(t->k, t->a.format);
    for (ptrdiff_t j = 0; t->m > 0 && j < t->n; j += 2 * LANES) {
        const ptrdiff_t columns = t->n - j < 2 * LANES ? t->n - j : 2 * LANES;
        multiply_panel(t, (tile_t){.column = j, .columns = columns, .b = t->b + j * depth});
    }
}
