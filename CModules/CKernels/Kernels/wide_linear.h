// A layer of few inputs whose terms are large and cancel: sums in float64.

static void wide_linear(const float *x, ptrdiff_t rows, ptrdiff_t inputs, const float *w, const float *bias, float *y,
                        ptrdiff_t ldy, ptrdiff_t width, ck_activation activation) {
    for (ptrdiff_t r = 0; r < rows; r++, x += inputs, y += ldy)
        for (ptrdiff_t j = 0; j < width; j += LANES) {
            const ptrdiff_t part = width - j < LANES ? width - j : LANES;
            vd total = __builtin_convertvector(load(bias + j), vd);
            for (ptrdiff_t i = 0; i < inputs; i++)
                total += __builtin_convertvector(load(w + i * padded(width) + j), vd) * (double)x[i];
            const vf result = activated(__builtin_convertvector(total, vf), activation);
            store_part(y + j, result, part);
        }
}
