// Which tiles there are, and how the rows of a product are dealt to them.
//
// A tile needs a register for each of its sums, for each vector of B and for an element of A. Two vectors a row make
// the most of what is loaded, up to SHORT rows; what is left of the columns is one vector wide, and such tiles have up
// to TALL rows. The lists are generated from these two: there is a tile for every height.
_Static_assert(2 * SHORT + 2 + 1 <= REGISTERS, "the sums of the highest tile of two vectors do not fit into registers");
_Static_assert(TALL + 1 + 1 <= REGISTERS, "the sums of the highest tile of one vector do not fit into registers");
_Static_assert(SHORT <= TALL, "the table of tiles has room for TALL rows");

typedef void tile_function(const ck_matmul_t *, const tile_t *);

// Levels of a family have the same vectors, and so the same tiles of what they share: each stands once, at the plainest
// level that has it. The tiles of a format are in a table by their vectors and rows.
#if !defined(FAMILY)
#define FAMILY TABLE
#define ALONE
#endif
#define TILES_OF(format) JOINED(FAMILY, format)
#define JOINED(family, format) JOINED_AS(family, format)
#define JOINED_AS(family, format) family##_##format
typedef tile_function *const tiles_t[2][TALL + 1];
extern tiles_t TILES_OF(CK_FLOAT32), TILES_OF(CK_BYTES), TILES_OF(CK_BFLOAT16);

#define TILE(height, format, width)                                                            \
    static void tile_##format##_##height##x##width(const ck_matmul_t *t, const tile_t *tile) { \
        multiply_tile(format, height, width, t, tile);                                         \
    }
#define ENTRY(height, format, width) [width - 1][height] = tile_##format##_##height##x##width,
#define TILES(format)                                             \
    UP_TO(SHORT, TILE, format, 2) UP_TO(TALL, TILE, format, 1)    \
    tiles_t TILES_OF(format) = {UP_TO(SHORT, ENTRY, format, 2) UP_TO(TALL, ENTRY, format, 1)};
#if defined(ALONE) || !defined(VNNI)
TILES(CK_FLOAT32)
#endif
#if defined(ALONE) || !defined(BFLOAT16)
TILES(CK_BYTES)
#endif
#if defined(BFLOAT16) && (defined(ALONE) || !defined(AMX))
TILES(CK_BFLOAT16)
#endif

// The tile of that many vectors and rows; no level is asked for a format that it does not take.
INLINE tile_function *tile_for(ck_format format, int vectors, int rows) {
    switch (format) {
        case CK_FLOAT32:
        case CK_WIDE_BFLOAT16: return TILES_OF(CK_FLOAT32)[vectors - 1][rows];
        case CK_BYTES: return TILES_OF(CK_BYTES)[vectors - 1][rows];
#if defined(BFLOAT16)
        case CK_BFLOAT16: return TILES_OF(CK_BFLOAT16)[vectors - 1][rows];
#endif
        default: return NULL;
    }
}

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
    for (ptrdiff_t block = 0; block < blocks; block++) {
        for (ptrdiff_t i = 0; i < share; i += CACHE_LINE) __builtin_prefetch(ahead + i, 0, 2);
        ahead += share;
        if (by_amx) {
            tile.rows = (int)(t->m - tile.row < highest ? t->m - tile.row : highest);
            multiply_by_amx(t, &tile);
        } else {
            tile.rows = (int)(t->m / blocks + (block < t->m % blocks));
            tile_for(t->a.format, tile.vectors, tile.rows)(t, &tile);
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
