// Rows of float32 become rows of another format; LayerNorm does so on the way.

INLINE int32_t *row_of(const ck_rows_t *rows, ptrdiff_t row) { return (int32_t *)rows->start + row * rows->stride; }

// (x - mean) * factor as row `row` of y; `largest` is the largest |x - mean|. What fills the last word up meets weights of
// zero, so it need only be a number.
INLINE void store_row(const ck_rows_t *y, ptrdiff_t row, const float *x, ptrdiff_t width, vf mean, vf factor,
                      float largest) {
    int32_t *const to = row_of(y, row);
    const ptrdiff_t stored = words(width, y->format) * numbers_per_word(y->format);
    const vf steps = splat(largest > 0 ? 127 / largest : 0);
    if (y->format == CK_INT8) y->scales[row] = largest * factor[0] * (1.0f / 127);
    for (ptrdiff_t i = 0; i < width; i += LANES) {
        const ptrdiff_t part = width - i < LANES ? width - i : LANES, room = stored - i < LANES ? stored - i : LANES;
        const vf centred = load_part(x + i, part) - mean;
        switch (y->format) {
            case CK_FLOAT32: store_part((float *)to + i, centred * factor, part); break;
            case CK_BFLOAT16: store_halves((uint16_t *)to + i, rounded(centred * factor), room); break;
            case CK_INT8: store_bytes((uint8_t *)to + i, bytes(centred * steps), room); break;
        }
    }
}

static void convert(const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows, ptrdiff_t width) {
    for (ptrdiff_t r = 0; r < rows; r++, x += ldx) {
        vf largest = {0}, zero = {0};
        for (ptrdiff_t i = 0; y->format == CK_INT8 && i < width; i += LANES) {
            const vf v = load_part(x + i, width - i < LANES ? width - i : LANES);
            largest = vmax(magnitude(v), largest);
            zero = madd(v, (vf){0}, zero);  // NaN from here on if anything is not finite
        }
        store_row(y, r, x, width, (vf){0}, splat(1.0f + lane_sum(zero)), lane_max(largest));
    }
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
        const vf factor = splat(1.0f / sqrtf(lane_sum(squares) / (float)width + eps));
        store_row(y, r, x, width, mean, factor, lane_max(largest));
    }
}
