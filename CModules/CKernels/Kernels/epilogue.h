// The epilogue of a product: what its sums become before they are stored as C.

// A tile of C, and what it is made from: its first row and column, how many rows, vectors and columns it has, and its
// panel of B.
typedef struct {
    ptrdiff_t row, column, columns;
    int rows, vectors;
    const int32_t *b;
} tile_t;

// What the sums of a vector of columns still meet.
typedef struct {
    vf bias, scale;
    vi sum;
} columns_t;

INLINE columns_t columns_from(const ck_format format, const ck_matmul_t *t, ptrdiff_t column) {
    return (columns_t){
        .bias = t->bias ? load(t->bias + column) : (vf){0},
        .scale = is_bytes(format) ? load(t->scales + column) : (vf){0},
        .sum = format == CK_INT8 ? load_words(t->sums + column) : (vi){0},
    };
}

// The epilogue of `part` sums of a row from a column on.
INLINE void epilogue_of_vector(const ck_format format, const ck_activation activation, const ck_matmul_t *t,
                               ptrdiff_t row, ptrdiff_t column, vi sum, const columns_t *columns, ptrdiff_t part) {
    vf y = (vf)sum + columns->bias;
    if (is_bytes(format)) {
        const ck_step_t step = t->a.steps[row];
        if (format == CK_INT8) sum = (vi)((vu)sum - (vu)columns->sum * (vu)splat_word(step.zero - BYTE_BIAS));
        y = madd(__builtin_convertvector(sum, vf) * splat(step.size), columns->scale, columns->bias);
    }
    int32_t *const to = row_of(&t->c, row);
    if (t->c.format == CK_BFLOAT16) {
        store_halves((uint16_t *)to + column, halves(activated(y, activation)), part + part % 2);
    } else if (t->c.format == CK_WIDE_BFLOAT16) {
        store_part((float *)to + column, rounded(activated(y, activation)), part);
    } else {
        float *const c = (float *)to + column;
        if (t->accumulate) y = load_part(c, part) + y;
        store_part(c, activated(y, activation), part);
    }
}

// The epilogue of the first `rows` rows and `vectors` whole vectors of a tile: sum (r, v) is sums[2 * r + v].
INLINE void epilogue(const ck_format format, const ck_activation activation, const int rows, const int vectors,
                     const ck_matmul_t *t, const tile_t *tile, const vi *sums) {
    UNROLL for (int v = 0; v < vectors; v++) {
        const ptrdiff_t column = tile->column + v * LANES;
        const columns_t columns = columns_from(format, t, column);
        UNROLL for (int r = 0; r < rows; r++)
            epilogue_of_vector(format, activation, t, tile->row + r, column, sums[2 * r + v], &columns, LANES);
    }
}

// The same for a whole tile whose sums come through memory, vector by vector, so that one function serves all heights.
INLINE void epilogue_of_tile(const ck_format format, const ck_activation activation, const ck_matmul_t *t,
                             const tile_t *tile, const vi *sums) {
    for (int v = 0; v < tile->vectors; v++) {
        const ptrdiff_t column = tile->column + v * LANES, left = tile->columns - v * LANES;
        // Once for all rows: what is stored might be what is read here, for all that the compiler knows.
        const columns_t columns = columns_from(format, t, column);
        for (int r = 0; r < tile->rows; r++) {
            const ptrdiff_t row = tile->row + r;
            if (left >= LANES)
                epilogue_of_vector(format, activation, t, row, column, sums[2 * r + v], &columns, LANES);
            else
                epilogue_of_vector(format, activation, t, row, column, sums[2 * r + v], &columns, left);
        }
    }
}

#define EPILOGUE(name, format)                                                                             \
    static __attribute__((noinline)) void name(const ck_matmul_t *t, const tile_t *tile, const vi *sums) { \
        switch (t->activation) {                                                                           \
            case CK_IDENTITY: epilogue_of_tile(format, CK_IDENTITY, t, tile, sums); break;                 \
            case CK_RELU: epilogue_of_tile(format, CK_RELU, t, tile, sums); break;                         \
            case CK_GELU: epilogue_of_tile(format, CK_GELU, t, tile, sums); break;                         \
            case CK_SILU: epilogue_of_tile(format, CK_SILU, t, tile, sums); break;                         \
            case CK_ROUGH_GELU: epilogue_of_tile(format, CK_ROUGH_GELU, t, tile, sums); break;             \
            case CK_ROUGH_SILU: epilogue_of_tile(format, CK_ROUGH_SILU, t, tile, sums); break;             \
        }                                                                                                  \
    }
EPILOGUE(epilogue_of_floats, CK_FLOAT32)
EPILOGUE(epilogue_of_bytes, CK_BYTES)

INLINE void epilogue_from_memory(const ck_format format, const ck_matmul_t *t, const tile_t *tile, const vi *sums) {
    if (is_bytes(format)) epilogue_of_bytes(t, tile, sums);
    else epilogue_of_floats(t, tile, sums);
}
