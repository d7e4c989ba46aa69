// The parallel convolution path: two grouped 1x1 convolutions with SiLU between them, a vector of groups at a time.

#define PCM_INPUTS 4  // channels of a group in the full network, kept in registers
#define PCM_ROWS 4    // rows that share each weight that is loaded

// `rows` rows and one vector of groups, for groups of PCM_INPUTS channels.
INLINE void pcm_rows(const int rows, const bool rough, const ck_pcm_t *t, const float *src, float *dst,
                     ptrdiff_t first) {
    const ptrdiff_t ld_group = padded(t->groups);
    const ptrdiff_t part = t->groups - first < LANES ? t->groups - first : LANES;
    const float *w1 = t->w1 + first, *w2 = t->w2 + first;
    vf in[PCM_ROWS][PCM_INPUTS], out[PCM_ROWS][PCM_INPUTS], hidden[PCM_ROWS];
    UNROLL for (int i = 0; i < PCM_INPUTS; i++) {
        UNROLL for (int r = 0; r < rows; r++) {
            const float *p = src + r * t->ld + i * t->groups + first;
            in[r][i] = part == LANES ? load(p) : load_part(p, part);
            out[r][i] = load(t->b2 + i * ld_group + first);
        }
    }
    for (ptrdiff_t j = 0; j < t->hidden; j++) {
        const vf bias = load(t->b1 + j * ld_group + first);
        UNROLL for (int r = 0; r < rows; r++) hidden[r] = bias;
        UNROLL for (int i = 0; i < PCM_INPUTS; i++) {
            const vf w = load(w1 + (j * PCM_INPUTS + i) * ld_group);
            UNROLL for (int r = 0; r < rows; r++) hidden[r] = madd(w, in[r][i], hidden[r]);
        }
        UNROLL for (int r = 0; r < rows; r++) hidden[r] = rough ? vsilu_rough(hidden[r]) : vsilu(hidden[r]);
        UNROLL for (int i = 0; i < PCM_INPUTS; i++) {
            const vf w = load(w2 + (j * PCM_INPUTS + i) * ld_group);
            UNROLL for (int r = 0; r < rows; r++) out[r][i] = madd(w, hidden[r], out[r][i]);
        }
    }
    UNROLL for (int i = 0; i < PCM_INPUTS; i++) {
        UNROLL for (int r = 0; r < rows; r++) {
            float *p = dst + r * t->ld + i * t->groups + first;
            if (part == LANES) store(p, load(p) + out[r][i]);
            else store_part(p, load_part(p, part) + out[r][i], part);
        }
    }
}

// Groups of any size, one channel at a time: for variants of the network, not for speed, and exact even if `rough`.
static void pcm_of_any_shape(const ck_pcm_t *t, const float *src, float *dst) {
    const ptrdiff_t ld_group = padded(t->groups);
    for (ptrdiff_t g = 0; g < t->groups; g++) {
        float *const out = t->scratch;
        for (ptrdiff_t i = 0; i < t->inputs; i++) out[i] = t->b2[i * ld_group + g];
        for (ptrdiff_t j = 0; j < t->hidden; j++) {
            float hidden = t->b1[j * ld_group + g];
            for (ptrdiff_t i = 0; i < t->inputs; i++)
                hidden += t->w1[(j * t->inputs + i) * ld_group + g] * src[i * t->groups + g];
            hidden = vsilu(splat(hidden))[0];
            for (ptrdiff_t i = 0; i < t->inputs; i++) out[i] += t->w2[(j * t->inputs + i) * ld_group + g] * hidden;
        }
        for (ptrdiff_t i = 0; i < t->inputs; i++) dst[i * t->groups + g] += out[i];
    }
}

INLINE void pcm_blocks(const bool rough, const ck_pcm_t *t) {
    ptrdiff_t r = 0;
    for (; r + PCM_ROWS <= t->rows; r += PCM_ROWS)
        for (ptrdiff_t g = 0; g < t->groups; g += LANES)
            pcm_rows(PCM_ROWS, rough, t, t->src + r * t->ld, t->dst + r * t->ld, g);
    for (; r < t->rows; r++)
        for (ptrdiff_t g = 0; g < t->groups; g += LANES)
            pcm_rows(1, rough, t, t->src + r * t->ld, t->dst + r * t->ld, g);
}

static void pcm(const ck_pcm_t *t) {
    if (t->inputs != PCM_INPUTS)
        for (ptrdiff_t r = 0; r < t->rows; r++) pcm_of_any_shape(t, t->src + r * t->ld, t->dst + r * t->ld);
    else if (t->rough)
        pcm_blocks(true, t);
    else
        pcm_blocks(false, t);
}
