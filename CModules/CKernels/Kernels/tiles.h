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
UP_TO(SHORT, TILE, 2)
UP_TO(TALL, TILE, 1)

#define ENTRY_OF(format, height, width) [CK_##format][width - 1][height] = tile_##format##_##height##x##width,
#define ENTRY(height, width) FORMATS(ENTRY_OF, height, width)
static tile_function *const tiles[CK_WIDE_INT8 + 1][2][TALL + 1] = {UP_TO(SHORT, ENTRY, 2) UP_TO(TALL, ENTRY, 1)};

#define CACHE_LINE 16  // words

// Rows are dealt to tiles of nearly equal height, none higher than the registers allow.
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
        tile.rows = (int)(t->m / blocks + (block < t->m % blocks));
        if (by_amx) tile.rows = (int)(block < blocks - 1 ? highest : t->m - tile.row);
        if (by_amx) multiply_by_amx(t, &tile);
        else tiles[format][tile.vectors - 1][tile.rows](t, &tile);
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
