// Products of fewer bits by AMX, whose registers hold 16 rows of 16 words: one instruction adds the product of two of
// them to a third one.
//
// 16 rows of A fill one as they stand in memory, and so do 16 words of 16 columns of a panel of B. Only where fewer
// rows or words are left is a copy with zeros around them loaded instead. A sum of bfloat16 has bits of its own
// (CKernels.h), so that products are computed in this way for their depth alone, never for their rows.
#if defined(AMX)
#define AMX_SIDE 16
#define AMX_HIGHEST (2 * AMX_SIDE)
INLINE bool is_for_amx(const ck_matmul_t *t) {
    return (t->a.format == CK_INT8 || t->a.format == CK_BFLOAT16) && words(t->k, t->a.format) >= AMX_SIDE;
}

// The palette, the bytes of a row of all eight registers, and their rows: the whole of each, whatever the product, so
// that a thread sets them up once.
static const uint8_t amx_configuration[64] = {
    1, [16] = 64, [18] = 64, [20] = 64, [22] = 64, [24] = 64, [26] = 64, [28] = 64, [30] = 64, [48 ... 55] = AMX_SIDE};
static _Thread_local bool amx_is_configured;

// Two registers of rows by two of columns: 0 to 3 hold sums, row by row, 4 and 5 A, 6 and 7 B.
INLINE void amx_begin(void) {
    if (!amx_is_configured) _tile_loadconfig(amx_configuration);
    amx_is_configured = true;
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
}

// Stores the sums as epilogue_from_memory takes them, those of the second rows `second` rows further on.
INLINE void amx_end(vi *sums, ptrdiff_t second) {
    _tile_stored(0, sums, 2 * sizeof(vi));
    _tile_stored(1, sums + 1, 2 * sizeof(vi));
    _tile_stored(2, sums + 2 * second, 2 * sizeof(vi));
    _tile_stored(3, sums + 2 * second + 1, 2 * sizeof(vi));
}

// Of bytes the left ones have no sign.
#define AMX_MULTIPLY(sum, a, b) (format == CK_INT8 ? _tile_dpbusd(sum, a, b) : _tile_dpbf16ps(sum, a, b))
INLINE void amx_multiply(ck_format format, bool two_rows, bool two_columns) {
    AMX_MULTIPLY(0, 4, 6);
    if (two_columns) AMX_MULTIPLY(1, 4, 7);
    if (two_rows) AMX_MULTIPLY(2, 5, 6);
    if (two_rows && two_columns) AMX_MULTIPLY(3, 5, 7);
}

// Loads the first `depth` words of the first `height` rows that stand `stride` words apart, at most 16 of each.
#define AMX_LOAD(number, from, stride, height, depth)                                                        \
    do {                                                                                                     \
        vf copy[AMX_SIDE];                                                                                   \
        const bool is_whole = (height) >= AMX_SIDE && (depth) >= AMX_SIDE;                                   \
        if (!is_whole) amx_copy(copy, from, stride, height, depth);                                          \
        _tile_loadd(number, is_whole ? (const void *)(from) : copy, (size_t)(is_whole ? 4 * (stride) : 64)); \
    } while (0)
INLINE void amx_copy(vf *copy, const int32_t *from, ptrdiff_t stride, ptrdiff_t height, ptrdiff_t depth) {
    const ptrdiff_t part = depth < AMX_SIDE ? depth : AMX_SIDE;
    for (ptrdiff_t r = 0; r < AMX_SIDE; r++)
        copy[r] = r < height ? load_part((const float *)from + r * stride, part) : (vf){0};
}

static void multiply_by_amx(const ck_matmul_t *t, const tile_t *tile) {
    const ck_format format = t->a.format;
    const ptrdiff_t lda = t->a.stride, depth = words(t->k, format), ldb = tile->vectors * LANES;
    const bool two_rows = tile->rows > AMX_SIDE, two_columns = tile->vectors == 2;
    // Where there are 16 rows at all, the last ones come with some of those in front of them.
    const ptrdiff_t most = t->m < AMX_SIDE ? 0 : t->m - AMX_SIDE, first = tile->row < most ? tile->row : most;
    const ptrdiff_t second = two_rows ? tile->rows - AMX_SIDE : AMX_SIDE, height = t->m - first;
    const int32_t *const a = row_of(&t->a, first), *b = tile->b;
    amx_begin();
    for (ptrdiff_t y = 0; y < t->window; y++) {
        for (ptrdiff_t x = 0; x < t->window; x++, b += depth * ldb) {
            for (ptrdiff_t k = 0; k < depth; k += AMX_SIDE) {
                const int32_t *const at = a + y * t->ld_image + x * lda + k, *const columns = b + k * ldb;
                const ptrdiff_t left = depth - k;
                AMX_LOAD(4, at, lda, height, left);
                if (two_rows) AMX_LOAD(5, at + second * lda, lda, AMX_SIDE, left);
                AMX_LOAD(6, columns, ldb, left, AMX_SIDE);
                if (two_columns) AMX_LOAD(7, columns + LANES, ldb, left, AMX_SIDE);
                amx_multiply(format, two_rows, two_columns);
            }
        }
    }
    vi sums[2 * AMX_HIGHEST];
    amx_end(sums, second);
    epilogue_from_memory(format, t, tile, sums + 2 * (tile->row - first));
}
#else
#define AMX_HIGHEST 0
INLINE bool is_for_amx(const ck_matmul_t *t) { return (void)t, false; }
INLINE void multiply_by_amx(const ck_matmul_t *t, const tile_t *tile) { (void)t, (void)tile; }
#endif
