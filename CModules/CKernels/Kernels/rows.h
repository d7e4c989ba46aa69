// Rows of float32 become rows of another format; LayerNorm does so on the way.

INLINE int32_t *row_of(const ck_rows_t *rows, ptrdiff_t row) { return (int32_t *)rows->start + row * rows->stride; }

// What a row is made of: numbers become (x - mean) * factor. Bytes also need what x - mean ranges over; 0 is within.
typedef struct {
    vf mean, factor;
    float low, high;
} row_t;

// How x - mean becomes a byte: times `factor`, and `zero` further.
typedef struct {
    vf factor, zero;
} byte_rule_t;

// A 254th of the range, since both ends may be rounded up.
#define MOST_STEPS 254

INLINE byte_rule_t byte_rule(const row_t *row) {
    const float range = row->high - row->low;
    // Float32 has no step for a range below 2^-120: all bytes are zero then. So they are when the range overflows, but
    // then the step's size is infinite, and so is what comes of the row.
    const float factor = range > 0x1p-120f && range < INFINITY ? MOST_STEPS / range : 0;
    const float zero = factor > 0 ? -row->low * factor + BESIDE - BESIDE : 0;
    return (byte_rule_t){.factor = splat(factor), .zero = splat(zero)};
}

// `part` numbers of a row from column i on; `room` of the new ones are stored.
INLINE void store_numbers(const ck_format format, int32_t *to, ptrdiff_t i, vf x, const row_t *row,
                          const byte_rule_t *rule, ptrdiff_t part, ptrdiff_t room) {
    const vf centred = x - row->mean;
    switch (format) {
        case CK_FLOAT32: store_part((float *)to + i, centred * row->factor, part); break;
        case CK_BFLOAT16: store_halves((uint16_t *)to + i, halves(centred * row->factor), room); break;
        case CK_WIDE_BFLOAT16: store_part((float *)to + i, rounded(centred * row->factor), part); break;
        case CK_INT8: store_bytes((uint8_t *)to + i, nearest(centred * rule->factor, rule->zero), room); break;
        case CK_WIDE_INT8: {
            const vi byte = nearest(centred * rule->factor, rule->zero);
            const vi centred_byte = byte - __builtin_convertvector(rule->zero, vi);
            store_halves((uint16_t *)to + i, __builtin_convertvector((vu)centred_byte, vh), room);
            break;
        }
    }
}

INLINE void store_row_as(const ck_format format, int32_t *to, const float *x, ptrdiff_t width, const row_t *row,
                         const byte_rule_t *rule) {
    ptrdiff_t i = 0;
    for (; i + LANES <= width; i += LANES) store_numbers(format, to, i, load(x + i), row, rule, LANES, LANES);
    if (i == width) return;
    // What fills the last word up meets weights of zero, so it need only be a number.
    const ptrdiff_t room = words(width, format) * numbers_per_word(format) - i;
    store_numbers(format, to, i, load_part(x + i, width - i), row, rule, width - i, room);
}

INLINE void store_bytes_of_row(const ck_format format, const ck_rows_t *y, ptrdiff_t r, const float *x,
                               ptrdiff_t width, const row_t *row) {
    const byte_rule_t rule = byte_rule(row);
    store_row_as(format, row_of(y, r), x, width, row, &rule);
    y->steps[r] = (ck_step_t){.size = (row->high - row->low) * row->factor[0] * (1.0f / MOST_STEPS),
                              .zero = (int32_t)rule.zero[0]};
}

INLINE void store_row(const ck_rows_t *y, ptrdiff_t r, const float *x, ptrdiff_t width, const row_t *row) {
    int32_t *const to = row_of(y, r);
    switch (y->format) {
        case CK_FLOAT32: store_row_as(CK_FLOAT32, to, x, width, row, NULL); break;
        case CK_BFLOAT16: store_row_as(CK_BFLOAT16, to, x, width, row, NULL); break;
        case CK_WIDE_BFLOAT16: store_row_as(CK_WIDE_BFLOAT16, to, x, width, row, NULL); break;
        case CK_INT8: store_bytes_of_row(CK_INT8, y, r, x, width, row); break;
        case CK_WIDE_INT8: store_bytes_of_row(CK_WIDE_INT8, y, r, x, width, row); break;
    }
}

// Numbers as they are, and their range; NaN if anything is not finite.
INLINE row_t row_of_numbers(const float *x, ptrdiff_t width) {
    const ptrdiff_t whole = width - width % LANES, rest = width - whole;
    const vf last = load_part(x + whole, rest);
    vf low = vmin(last, (vf){0}), high = vmax(last, (vf){0}), zero = last * 0.0f;
    for (ptrdiff_t i = 0; i < whole; i += LANES) {
        const vf v = load(x + i);
        low = vmin(v, low);
        high = vmax(v, high);
        zero = madd(v, (vf){0}, zero);  // NaN from here on if anything is not finite
    }
    return (row_t){.mean = (vf){0}, .factor = splat(1.0f + lane_sum(zero)), .low = lane_min(low),
                   .high = lane_max(high)};
}

static void convert(const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows, ptrdiff_t width) {
    row_t row = {.mean = (vf){0}, .factor = splat(1)};
    for (ptrdiff_t r = 0; r < rows; r++, x += ldx) {
        if (is_bytes(y->format)) row = row_of_numbers(x, width);
        store_row(y, r, x, width, &row);
    }
}

// The same of a row whose squares exceed float32, by sums in float64: NaN when that is no help.
static __attribute__((noinline)) row_t row_of_large_numbers(const float *x, ptrdiff_t width, float eps) {
    double total = 0, squares = 0, low = 0, high = 0;
    for (ptrdiff_t i = 0; i < width; i++) total += (double)x[i];
    const double mean = total / (double)width;
    for (ptrdiff_t i = 0; i < width; i++) {
        const double d = (double)x[i] - mean;
        squares += d * d;
        low = d < low ? d : low;
        high = d > high ? d : high;
    }
    const double factor = 1 / sqrt(squares / (double)width + (double)eps);
    return (row_t){.mean = splat((float)mean),
                   .factor = splat(low > -0x1p125 && high < 0x1p125 ? (float)factor : NAN),
                   .low = (float)low,
                   .high = (float)high};
}

// What LayerNorm makes of a row; only bytes need the range.
INLINE row_t standard_row(const bool ranged, const float *x, ptrdiff_t width, float eps) {
    const ptrdiff_t whole = width - width % LANES, rest = width - whole;
    vf total = load_part(x + whole, rest);
    for (ptrdiff_t i = 0; i < whole; i += LANES) total += load(x + i);
    const vf mean = splat(lane_sum(total) / (float)width);

    // Lanes past the row's end count as the mean.
    const vf last = keep_first(load_part(x + whole, rest) - mean, rest);
    vf squares = last * last, low = vmin(last, (vf){0}), high = vmax(last, (vf){0});
    for (ptrdiff_t i = 0; i < whole; i += LANES) {
        const vf d = load(x + i) - mean;
        squares = madd(d, d, squares);
        if (ranged) low = vmin(d, low), high = vmax(d, high);
    }
    const float sum = lane_sum(squares);
    if (!(sum < INFINITY)) return row_of_large_numbers(x, width, eps);
    const vf factor = splat(1.0f / sqrtf(sum / (float)width + eps));
    return (row_t){.mean = mean, .factor = factor, .low = lane_min(low), .high = lane_max(high)};
}

// Rows whose means and factors are found before any is stored: each waits for long chains of operations, which the
// processor works at side by side.
#define NORMS 4

INLINE void norm_rows(const bool ranged, const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows,
                      ptrdiff_t width, float eps) {
    for (ptrdiff_t r = 0; r < rows; r += NORMS) {
        const ptrdiff_t end = r + NORMS < rows ? r + NORMS : rows;
        row_t some[NORMS];
        for (ptrdiff_t i = r; i < end; i++) some[i - r] = standard_row(ranged, x + i * ldx, width, eps);
        for (ptrdiff_t i = r; i < end; i++) store_row(y, i, x + i * ldx, width, &some[i - r]);
    }
}

static void layer_norm(const float *x, ptrdiff_t ldx, const ck_rows_t *y, ptrdiff_t rows, ptrdiff_t width, float eps) {
    if (is_bytes(y->format)) norm_rows(true, x, ldx, y, rows, width, eps);
    else norm_rows(false, x, ldx, y, rows, width, eps);
}
