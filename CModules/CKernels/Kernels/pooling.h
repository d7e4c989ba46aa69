// Means and maxima over rows and pixels.

static void mean_rows(const float *x, ptrdiff_t ldx, ptrdiff_t count, float *y, ptrdiff_t ldy, ptrdiff_t rows,
                      ptrdiff_t width) {
    const vf share = splat(1.0f / (float)count);
    for (ptrdiff_t r = 0; r < rows; r++, x += count * ldx, y += ldy) {
        for (ptrdiff_t i = 0; i < width; i += LANES) {
            const ptrdiff_t part = width - i < LANES ? width - i : LANES;
            vf total = {0};
            for (ptrdiff_t j = 0; j < count; j++)
                total += part == LANES ? load(x + j * ldx + i) : load_part(x + j * ldx + i, part);
            store_part(y + i, total * share, part);
        }
    }
}

static void average_pool(const float *x, float *y, ptrdiff_t size, ptrdiff_t channels) {
    const ptrdiff_t row = size * channels;
    const vf quarter = splat(0.25f);
    for (ptrdiff_t i = 0; i < size; i += 2, x += 2 * row) {
        for (ptrdiff_t j = 0; j < size; j += 2, y += channels) {
            const float *p = x + j * channels;
            ptrdiff_t c = 0;
            for (; c + LANES <= channels; c += LANES) {
                const vf upper = load(p + c) + load(p + channels + c);
                const vf lower = load(p + row + c) + load(p + row + channels + c);
                store(y + c, (upper + lower) * quarter);
            }
            for (; c < channels; c++) y[c] = ((p[c] + p[channels + c]) + (p[row + c] + p[row + channels + c])) * 0.25f;
        }
    }
}

// The largest of a pixel and those above and below it, for one vector of channels.
INLINE vf column_max(const float *above, const float *here, const float *below, ptrdiff_t at, ptrdiff_t part) {
    return vmax(vmax(load_part(above + at, part), load_part(here + at, part)), load_part(below + at, part));
}

static void max_pool(const float *x, float *y, ptrdiff_t size, ptrdiff_t channels) {
    const ptrdiff_t row = size * channels;
    for (ptrdiff_t i = 0; i < size; i++, x += row, y += row) {
        const float *const above = i > 0 ? x - row : x, *const below = i + 1 < size ? x + row : x;
        for (ptrdiff_t c = 0; c < channels; c += LANES) {
            const ptrdiff_t part = channels - c < LANES ? channels - c : LANES;
            // Each column's maximum is found once and serves three pixels.
            vf left = column_max(above, x, below, c, part), middle = left;
            for (ptrdiff_t at = c; at < row; at += channels) {
                const ptrdiff_t next = at + channels;
                const vf right = next < row ? column_max(above, x, below, next, part) : middle;
                store_part(y + at, vmax(vmax(left, middle), right), part);
                left = middle;
                middle = right;
            }
        }
    }
}
