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
            for (; c < channels; c++)
                y[c] = ((p[c] + p[channels + c]) + (p[row + c] + p[row + channels + c])) * 0.25f;
        }
    }
}

static void max_pool(const float *x, float *y, ptrdiff_t size, ptrdiff_t channels) {
    for (ptrdiff_t i = 0; i < size; i++) {
        const ptrdiff_t top = i > 0 ? i - 1 : 0, bottom = i + 1 < size ? i + 1 : i;
        for (ptrdiff_t j = 0; j < size; j++, y += channels) {
            const ptrdiff_t left = j > 0 ? j - 1 : 0, right = j + 1 < size ? j + 1 : j;
            for (ptrdiff_t c = 0; c < channels; c += LANES) {
                const ptrdiff_t part = channels - c < LANES ? channels - c : LANES;
                vf best = splat(-INFINITY);
                for (ptrdiff_t v = top; v <= bottom; v++)
                    for (ptrdiff_t u = left; u <= right; u++) {
                        const float *p = x + (v * size + u) * channels + c;
                        best = vmax(best, part == LANES ? load(p) : load_part(p, part));
                    }
                if (part == LANES) store(y + c, best);
                else store_part(y + c, best, part);
            }
        }
    }
}
