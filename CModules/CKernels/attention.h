// Softmax attention of all heads at once: lanes are heads. Features of a token stand as [feature][head], so no lane meets
// another and nothing is transposed.

INLINE ptrdiff_t padded(ptrdiff_t columns) { return (columns + LANES - 1) / LANES * LANES; }

// A galaxy's tokens, and one vector of its heads.
typedef struct {
    const float *const *row;  // of each token, at the first head of this vector
    ptrdiff_t tokens, heads, head_size;
    ptrdiff_t lanes;  // heads in this vector
    float *weights;   // [query of a block][key][LANES]
    bool rough;
} heads_t;

// Scores of `queries` x `keys` tokens from (q, k): query . key for each head.
INLINE void scores(const int queries, const int keys, const heads_t *t, ptrdiff_t q, ptrdiff_t k) {
    const ptrdiff_t width = t->heads * t->head_size;
    vf sum[QUERIES][KEYS];
    UNROLL for (int i = 0; i < queries; i++)
        UNROLL for (int j = 0; j < keys; j++) sum[i][j] = (vf){0};
    for (ptrdiff_t d = 0; d < width; d += t->heads) {
        vf key[KEYS];
        UNROLL for (int j = 0; j < keys; j++) key[j] = load_part(t->row[k + j] + width + d, t->lanes);
        UNROLL for (int i = 0; i < queries; i++) {
            const vf query = load_part(t->row[q + i] + d, t->lanes);
            UNROLL for (int j = 0; j < keys; j++) sum[i][j] = madd(query, key[j], sum[i][j]);
        }
    }
    UNROLL for (int i = 0; i < queries; i++)
        UNROLL for (int j = 0; j < keys; j++) store(t->weights + (i * t->tokens + k + j) * LANES, sum[i][j]);
}

// Softmax over the keys of one query.
INLINE void softmax(float *weights, ptrdiff_t tokens, bool rough) {
    vf highest = load(weights);
    for (ptrdiff_t k = 1; k < tokens; k++) highest = vmax(highest, load(weights + k * LANES));
    vf total = {0};
    for (ptrdiff_t k = 0; k < tokens; k++) {
        const vf score = load(weights + k * LANES) - highest, e = rough ? vexp_rough(score) : vexp(score);
        store(weights + k * LANES, e);
        total += e;
    }
    const vf share = 1.0f / total;
    for (ptrdiff_t k = 0; k < tokens; k++) store(weights + k * LANES, load(weights + k * LANES) * share);
}

// out = sum over the keys of weight * value, for `queries` tokens and `features` features from d.
INLINE void mix(const int queries, const int features, const heads_t *t, ptrdiff_t d, float *const *out) {
    const ptrdiff_t values = (2 * t->head_size + d) * t->heads;
    vf sum[QUERIES][KEYS];
    UNROLL for (int i = 0; i < queries; i++)
        UNROLL for (int j = 0; j < features; j++) sum[i][j] = (vf){0};
    for (ptrdiff_t k = 0; k < t->tokens; k++) {
        vf value[KEYS];
        UNROLL for (int j = 0; j < features; j++) value[j] = load_part(t->row[k] + values + j * t->heads, t->lanes);
        UNROLL for (int i = 0; i < queries; i++) {
            const vf weight = load(t->weights + (i * t->tokens + k) * LANES);
            UNROLL for (int j = 0; j < features; j++) sum[i][j] = madd(weight, value[j], sum[i][j]);
        }
    }
    UNROLL for (int i = 0; i < queries; i++)
        UNROLL for (int j = 0; j < features; j++) store_part(out[i] + (d + j) * t->heads, sum[i][j], t->lanes);
}

// Attention of `queries` tokens from q, to all keys.
INLINE void attend(const int queries, const heads_t *t, ptrdiff_t q, float *const *out) {
    ptrdiff_t k = 0, d = 0;
    for (; k + KEYS <= t->tokens; k += KEYS) scores(queries, KEYS, t, q, k);
    for (; k < t->tokens; k++) scores(queries, 1, t, q, k);
    UNROLL for (int i = 0; i < queries; i++) softmax(t->weights + i * t->tokens * LANES, t->tokens, t->rough);
    for (; d + KEYS <= t->head_size; d += KEYS) mix(queries, KEYS, t, d, out);
    for (; d < t->head_size; d++) mix(queries, 1, t, d, out);
}

INLINE void attend_some(int queries, const heads_t *t, ptrdiff_t q, float *const *out) {
    switch (queries) {
        case 1: attend(1, t, q, out); break;
        case 2: attend(2, t, q, out); break;
#if QUERIES > 2
        case 3: attend(3, t, q, out); break;
        case 4: attend(4, t, q, out); break;
#endif
#if QUERIES > 4
        case 5: attend(5, t, q, out); break;
        case 6: attend(6, t, q, out); break;
#endif
    }
}

static ptrdiff_t attention_scratch(ptrdiff_t patches) { return QUERIES * (patches + 1) * LANES; }

static void attention(const ck_attention_t *t) {
    const ptrdiff_t tokens = t->patches + 1;
    const float *row[tokens];
    float *out[tokens];
    for (ptrdiff_t galaxy = 0; galaxy < t->galaxies; galaxy++) {
        for (ptrdiff_t head = 0; head < t->heads; head += LANES) {
            for (ptrdiff_t k = 0; k < tokens; k++) {
                const ptrdiff_t place = k < t->patches ? galaxy * t->patches + k : t->galaxies * t->patches + galaxy;
                row[k] = t->qkv + place * t->ld_qkv + head;
                out[k] = t->out + place * t->ld_out + head;
            }
            const heads_t heads = {.row = row, .tokens = tokens, .heads = t->heads, .head_size = t->head_size,
                                   .lanes = t->heads - head < LANES ? t->heads - head : LANES, .weights = t->scratch, .rough = t->rough};
            // Queries are dealt to blocks of nearly equal height: a block of one would wait for its own sums.
            const ptrdiff_t blocks = (tokens + QUERIES - 1) / QUERIES;
            for (ptrdiff_t block = 0, q = 0; block < blocks; block++) {
                const ptrdiff_t queries = tokens / blocks + (block < tokens % blocks);
                attend_some((int)queries, &heads, q, out + q);
                q += queries;
            }
        }
    }
}
