// Products in float64, for folding one layer of weights into another.

#define PRODUCT_ROWS (TALL / 2)

// No function, since vectors that are wider than the registers cannot be passed to one.
#ifdef FUSED
#define WIDE_MADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define WIDE_MADD(a, b, c) ((a) * (b) + (c))
#endif

// `rows` rows and one vector of C = A B; `strip` holds that vector of every row of B.
INLINE void product_rows(const int rows, const double *a, ptrdiff_t lda, ptrdiff_t k, const vd *strip, double *c,
                         ptrdiff_t n, ptrdiff_t part) {
    vd sum[PRODUCT_ROWS];
    UNROLL for (int r = 0; r < rows; r++) sum[r] = (vd){0};
    for (ptrdiff_t i = 0; i < k; i++)
        UNROLL for (int r = 0; r < rows; r++) sum[r] = WIDE_MADD(strip[i], a[r * lda + i] - (vd){0}, sum[r]);
    UNROLL for (int r = 0; r < rows; r++) memcpy(c + r * n, &sum[r], sizeof(double) * (size_t)part);
}

static void product(const double *a, ptrdiff_t lda, const double *b, double *c, ptrdiff_t m, ptrdiff_t n,
                    ptrdiff_t k, double *scratch) {
    vd *const strip = (vd *)scratch;
    for (ptrdiff_t j = 0; j < n; j += LANES) {
        const ptrdiff_t part = n - j < LANES ? n - j : LANES;
        memset(strip, 0, sizeof(vd) * (size_t)k);
        for (ptrdiff_t i = 0; i < k; i++) memcpy(strip + i, b + i * n + j, sizeof(double) * (size_t)part);
        ptrdiff_t r = 0;
        for (; r + PRODUCT_ROWS <= m; r += PRODUCT_ROWS)
            product_rows(PRODUCT_ROWS, a + r * lda, lda, k, strip, c + r * n + j, n, part);
        for (; r < m; r++) product_rows(1, a + r * lda, lda, k, strip, c + r * n + j, n, part);
    }
}
