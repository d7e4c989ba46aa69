// Elementary functions on vectors, each with its error.

// exp(x), relative error below 2e-7 on [-87, 88]; clamped to that range.
// exp(x) = 2^n exp(r), n = round(x / ln 2); exp(r) = 1 + r + r^2 p(r) on |r| <= ln 2 / 2, p a least-maximum fit.
INLINE vf vexp(vf x) {
    x = vmin(splat(88.0f), vmax(splat(-87.0f), x));  // in this order NaN passes
    const vf magic = splat(12582912.0f);             // 1.5 * 2^23: adding it rounds to an integer in the low bits
    const vf shifted = madd(x, splat(1.44269504f), magic);
    const vf n = shifted - magic;
    vf r = madd(n, splat(-0.693359375f), x);  // ln 2 in two parts, the first exact in few bits
    r = madd(n, splat(2.12194440e-4f), r);
    vf p = splat(0.0013950479f);
    p = madd(p, r, splat(0.008368882f));
    p = madd(p, r, splat(0.041666206f));
    p = madd(p, r, splat(0.1666652f));
    p = madd(p, r, splat(0.5f));
    p = madd(p, r * r, r) + 1.0f;
    return (vf)((vu)p + ((vu)shifted << 23));
}

// x Phi(x), Phi the normal distribution function: GELU with the error function, not its tanh approximation.
// Phi(x) - 1/2 = x P(x^2) / Q(x^2) on |x| <= 5.5, a rational least-maximum fit; absolute error of Phi below 4e-7.
// Below -5.5 the product would magnify what is left of Phi, so x stops there; NaN, the second operand, passes.
INLINE vf vgelu(vf x) {
    x = vmax(splat(-5.5f), x);
    const vf c = vmin(splat(5.5f), x);
    const vf u = c * c;
    vf p = splat(2.2748868e-08f);
    p = madd(p, u, splat(6.3516254e-06f));
    p = madd(p, u, splat(0.00016880268f));
    p = madd(p, u, splat(0.0046771206f));
    p = madd(p, u, splat(0.03385075f));
    p = madd(p, u, splat(0.39894223f));
    vf q = splat(1.1974524e-06f);
    q = madd(q, u, splat(7.3638315e-05f));
    q = madd(q, u, splat(0.0018843183f));
    q = madd(q, u, splat(0.028644724f));
    q = madd(q, u, splat(0.25151718f));
    q = madd(q, u, splat(1.0f));
    return x * (0.5f + c * p / q);
}

// The same with an absolute error below 2e-4, for results of fewer bits: Phi(x) - 1/2 = c P(c^2), c = x cut to +-3.9.
INLINE vf vgelu_rough(vf x) {
    x = vmax(splat(-3.9f), x);
    const vf c = vmin(splat(3.9f), x);
    const vf u = c * c;
    vf p = splat(2.6271959e-08f);
    p = madd(p, u, splat(-1.7705212e-06f));
    p = madd(p, u, splat(5.1237825e-05f));
    p = madd(p, u, splat(-0.00084451766f));
    p = madd(p, u, splat(0.008913816f));
    p = madd(p, u, splat(-0.064869545f));
    p = madd(p, u, splat(0.39808565f));
    return x * madd(c, p, splat(0.5f));
}

// exp(x), relative error below 8e-5 on [-87, 88], clamped to that range: 2^n 2^f, 2^f a cubic on |f| <= 1/2.
INLINE vf vexp_rough(vf x) {
    x = vmin(splat(88.0f), vmax(splat(-87.0f), x));
    const vf magic = splat(12582912.0f), scale = splat(1.44269504f);
    const vf shifted = madd(x, scale, magic);
    const vf f = madd(x, scale, magic - shifted);
    vf p = splat(0.055171773f);
    p = madd(p, f, splat(0.24261138f));
    p = madd(p, f, splat(0.69326097f));
    p = madd(p, f, splat(0.999928f));
    return (vf)((vu)p + ((vu)shifted << 23));
}

// x / (1 + exp(-x)); below -88, where exp stops, it is zero to float32's smallest numbers.
INLINE vf vsilu(vf x) {
    x = vmax(splat(-88.0f), x);
    return x / (1.0f + vexp(-x));
}

// The same with a relative error below 1e-4.
INLINE vf vsilu_rough(vf x) {
    x = vmax(splat(-87.0f), x);
    return x / (1.0f + vexp_rough(-x));
}

// The compiler tells of an activation that lacks a case, here and in epilogue.h. Each makes 0 of 0: what fills a word
// up behind the last column is such a zero.
INLINE vf activated(vf x, ck_activation activation) {
    switch (activation) {
        case CK_IDENTITY: break;
        case CK_RELU: return vmax(splat(0.0f), x);
        case CK_GELU: return vgelu(x);
        case CK_SILU: return vsilu(x);
        case CK_ROUGH_GELU: return vgelu_rough(x);
        case CK_ROUGH_SILU: return vsilu_rough(x);
    }
    return x;
}

static void activate(float *x, ptrdiff_t count, ck_activation activation) {
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        const ptrdiff_t part = count - i < LANES ? count - i : LANES;
        store_part(x + i, activated(load_part(x + i, part), activation), part);
    }
}
