// Which tiles there are, and how the rows of a product are dealt to them.
//
// A tile needs a register for each of its sums, for each vector of B and for an element of A. Two vectors a row make
// the most of what is loaded, up to SHORT rows; what is left of the columns is one vector wide, and such tiles have up
// to TALL rows. The lists are generated from these two: there is a tile for every height.
_Static_assert(2 * SHORT + 2 + 1 <= REGISTERS, "the sums of the highest tile of two vectors do not fit into registers");
_Static_assert(TALL + 1 + 1 <= REGISTERS, "the sums of the highest tile of one vector do not fit into registers");
_Static_assert(SHORT <= TALL, "the table of tiles has room for TALL rows");

typedef void tile_function(const ck_matmul_t *, const tile_t *);

#define TILE_OF(format, height, width)                                                         \
    static void tile_##format##_##height##x##width(const ck_matmul_t *t, const tile_t *tile) { \
        multiply_tile(CK_##format, height, width, t, tile);                                    \
    }
#define TILE(height, width) FORMATS(TILE_OF, height, width)
#if !defined(TILES_FROM)
UP_TO(SHORT, TILE, 2)
UP_TO(TALL, TILE, 1)
#endif

// Levels with the same vectors have the same tiles of float32, which stand once, in the plainest of them.
#if defined(FLOAT32_TILES)
#if defined(OWN_FLOAT32)
#define FLOAT32_ENTRY(height, width) [width - 1][height] = tile_FLOAT32_##height##x##width,
tile_function *const FLOAT32_TILES[2][TALL + 1] = {UP_TO(SHORT, FLOAT32_ENTRY, 2) UP_TO(TALL, FLOAT32_ENTRY, 1)};
#else
extern tile_function *const FLOAT32_TILES[2][TALL + 1];
#endif
#define FLOAT32_TILE(width, height) FLOAT32_TILES[width][height]
#else
#define FLOAT32_TILE(width, height) TILES_FROM[CK_FLOAT32][width][height]
#endif

#define ENTRY_OF(format, height, width) [CK_##format][width - 1][height] = tile_##format##_##height##x##width,
#define ENTRY(height, width) FORMATS(ENTRY_OF, height, width)
#if defined(TILES_FROM)  // another level's
extern tile_function *const TILES_FROM[CK_WIDE_INT8 + 1][2][TALL + 1];
#else
#if defined(TILES_NAME)  // others take them
#define TILES_FROM TILES_NAME
#else
#define TILES_FROM own_tiles
static
#endif
tile_function *const TILES_FROM[CK_WIDE_INT8 + 1][2][TALL + 1] = {UP_TO(SHORT, ENTRY, 2) UP_TO(TALL, ENTRY, 1)};
#endif

#define CACHE_LINE 16  // words

// Rows are dealt to tiles of nearly equal height, none higher than the registers allow; to AMX 32 at a time.
static void multiply_panel(const ck_matmul_t *t, tile_t tile) {
    tile.vectors = tile.columns > LANES ? 2 : 1;
    const bool by_amx = is_for_amx(t);
    const ptrdiff_t highest = by_amx ? AMX_HIGHEST : tile.vectors == 2 ? SHORT : TALL;
    const ptrdiff_t blocks = (t->m + highest - 1) / highest;
    // The panel behind this one is fetched meanwhile, a part with each tile: weights come from memory, once for all
    // rows. Few rows, as those of an image, come again and again and find their weights in the cache.
    const ptrdiff_t depth = t->window * t->window * words(t->k, t->a.format), size = depth * tile.vectors * LANES;
    const int32_t *ahead = tile.b + size;
    const ptrdiff_t share = blocks > 2 ? (size / blocks + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE : 0;
    // In its wide form bfloat16 is float32.
    const ck_format format = t->a.format == CK_WIDE_BFLOAT16 ? CK_FLOAT32 : t->a.format;
    for (ptrdiff_t block = 0; block < blocks; block++) {
        for (ptrdiff_t i = 0; i < share; i += CACHE_LINE) __builtin_prefetch(ahead + i, 0, 2);
        ahead += share;
        if (by_amx) {
            tile.rows = (int)(t->m - tile.row < highest ? t->m - tile.row : highest);
            multiply_by_amx(t, &tile);
        } else {
            tile.rows = (int)(t->m / blocks + (block < t->m % blocks));
            tile_function *const multiply = format == CK_FLOAT32 ? FLOAT32_TILE(tile.vectors - 1, tile.rows)
                                                                 : TILES_FROM[format][tile.vectors - 1][tile.rows];
            multiply(t, &tile);
        }
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
