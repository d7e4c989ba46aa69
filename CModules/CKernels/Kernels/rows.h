// Rows of float32 become rows of another format; LayerNorm does so on the way.

INLINE int32_t *row_of(const ck_rows_t *rows, ptrdiff_t row) { return (int32_t *)rows->start + row * rows->stride; }

// What a row is made of: numbers become (x - mean) * factor.
typedef struct {
    vf mean, factor;
    float largest;  // the largest |x - mean|
} row_t;

// `part` numbers of a row from column i on; `room` of the new ones are stored.
INLINE void store_numbers(const ck_format format, int32_t *to, ptrdiff_t i, vf x, const row_t *row, vf steps,
                          ptrdiff_t part, ptrdiff_t room) {
    const vf centred = x - row->mean;
    switch (format) {
        case CK_FLOAT32: store_part((float *)to + i, centred * row->factor, part); break;
        case CK_BFLOAT16: store_halves((uint16_t *)to + i, rounded(centred * row->factor), room); break;
        case CK_INT8: store_bytes((uint8_t *)to + i, bytes(centred * steps), room); break;
    }
}

INLINE void store_row_as(const ck_format format, int32_t *to, const float *x, ptrdiff_t width, const row_t *row) {
    // Of numbers so small that a step is none of float32's, nothing is left beside any other.
    const vf steps = splat(row->largest > 0x1p-120f ? 127 / row->largest : 0);
    ptrdiff_t i = 0;
    for (; i + LANES <= width; i += LANES) store_numbers(format, to, i, load(x + i), row, steps, LANES, LANES);
    if (i == width) return;
    // What fills the last word up meets weights of zero, so it need only be a number.
    const ptrdiff_t room = words(width, format) * numbers_per_word(format) - i;
    store_numbers(format, to, i, load_part(x + i, width - i), row, steps, width - i, room);
}

INLINE void store_row(const ck_rows_t *y, ptrdiff_t r, const float *x, ptrdiff_t width, const row_t *row) {
    int32_t *const to = row_of(y, r);
    switch (y->format) {
        case CK_FLOAT32: store_row_as(CK_FLOAT32, to, x, width, row); break;
        case CK_BFLOAT16: store_row_as(CK_BFLOAT16, to, x, width, row); break;
        case CK_INT8:
            store_row_as(CK_INT8, to, x, width, row);
            y->scales[r] = row->largest * row->factor[0] * (1.0f / 127);
            break;
    }
}

static void convert(const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows, ptrdiff_t width) {
    const ptrdiff_t whole = width - width % LANES, rest = width - whole;
    for (ptrdiff_t r = 0; r < rows; r++, x += ldx) {
        row_t row = {.mean = (vf){0}, .factor = splat(1)};
        if (y->format == CK_INT8) {
            const vf last = load_part(x + whole, rest);
            vf largest = magnitude(last), zero = last * 0.0f;
            for (ptrdiff_t i = 0; i < whole; i += LANES) {
                const vf v = load(x + i);
                largest = vmax(magnitude(v), largest);
                zero = madd(v, (vf){0}, zero);  // NaN from here on if anything is not finite
            }
            row.largest = lane_max(largest);
            row.factor = splat(1.0f + lane_sum(zero));
        }
        store_row(y, r, x, width, &row);
    }
}

// The same of a row whose squares exceed float32, by sums in float64: NaN when that is no help.
static __attribute__((noinline)) row_t row_of_large_numbers(const float *x, ptrdiff_t width, float eps) {
    double total = 0, squares = 0, largest = 0;
    for (ptrdiff_t i = 0; i < width; i++) total += (double)x[i];
    const double mean = total / (double)width;
    for (ptrdiff_t i = 0; i < width; i++) {
        const double d = (double)x[i] - mean;
        squares += d * d;
        largest = fabs(d) > largest ? fabs(d) : largest;
    }
    const double factor = 1 / sqrt(squares / (double)width + (double)eps);
    return (row_t){.mean = splat((float)mean),
                   .factor = splat(largest < 0x1p125 ? (float)factor : NAN),
                   .largest = (float)largest};
}

static void layer_norm(const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows, ptrdiff_t width, float eps) {
    const ptrdiff_t whole = width - width % LANES, rest = width - whole;
    for (ptrdiff_t r = 0; r < rows; r++, x += ldx) {
        vf total = load_part(x + whole, rest);
        for (ptrdiff_t i = 0; i < whole; i += LANES) total += load(x + i);
        const vf mean = splat(lane_sum(total) / (float)width);

        // Lanes past the row's end count as the mean.
        const vf last = keep_first(load_part(x + whole, rest) - mean, rest);
        vf squares = last * last, largest = magnitude(last);
        for (ptrdiff_t i = 0; i < whole; i += LANES) {
            const vf d = load(x + i) - mean;
            squares = madd(d, d, squares);
            largest = vmax(magnitude(d), largest);
        }
        const float sum = lane_sum(squares);
        const vf factor = splat(1.0f / sqrtf(sum / (float)width + eps));
        row_t row = {.mean = mean, .factor = factor, .largest = lane_max(largest)};
        if (!(sum < INFINITY)) row = row_of_large_numbers(x, width, eps);
        store_row(y, r, x, width, &row);
    }
}
