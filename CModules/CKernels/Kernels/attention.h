// Softmax attention of all heads at once: lanes are heads. Features of a token stand as [feature][head], so no lane
// meets another and nothing is transposed.

// A block of QUERIES x KEYS sums stays in registers, with the keys and a query.
_Static_assert((QUERIES + 1) * KEYS + 1 <= REGISTERS, "the block of an attention matrix does not fit into registers");

// A galaxy's tokens, and one vector of its heads.
typedef struct {
    const float *qkv;  // of the first row, at the first head
    float *out;
    ptrdiff_t ld, ld_out;
    ptrdiff_t galaxies, galaxy, patches;
    ptrdiff_t tokens, heads, head_size;
    ptrdiff_t lanes;  // heads in this vector
    float *weights;   // [query of a block][key][LANES]
    bool rough;
} heads_t;

// What stands in memory of a token.
INLINE const float *token_of(const heads_t *t, ptrdiff_t k) {
    return t->qkv + ck_token_row(t->galaxies, t->patches, t->galaxy, k) * t->ld;
}
INLINE float *output_of(const heads_t *t, ptrdiff_t q) {
    return t->out + ck_token_row(t->galaxies, t->patches, t->galaxy, q) * t->ld_out;
}

// Scores of `queries` x `keys` tokens from (q, k): query . key for each head.
INLINE void scores(const int queries, const int keys, const heads_t *t, ptrdiff_t q, ptrdiff_t k) {
    const ptrdiff_t width = t->heads * t->head_size;
    const float *query_row[QUERIES], *key_row[KEYS];
    vf sum[QUERIES][KEYS];
    UNROLL for (int j = 0; j < keys; j++) key_row[j] = token_of(t, k + j) + width;
    UNROLL for (int i = 0; i < queries; i++) {
        query_row[i] = token_of(t, q + i);
        UNROLL for (int j = 0; j < keys; j++) sum[i][j] = (vf){0};
    }
    for (ptrdiff_t d = 0; d < width; d += t->heads) {
        vf key[KEYS];
        UNROLL for (int j = 0; j < keys; j++) key[j] = load_part(key_row[j] + d, t->lanes);
        UNROLL for (int i = 0; i < queries; i++) {
            const vf query = load_part(query_row[i] + d, t->lanes);
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

// The sum over the keys of weight * value, for `queries` tokens from q and `features` features from d.
INLINE void mix(const int queries, const int features, const heads_t *t, ptrdiff_t q, ptrdiff_t d) {
    const ptrdiff_t values = (2 * t->head_size + d) * t->heads;
    vf sum[QUERIES][KEYS];
    UNROLL for (int i = 0; i < queries; i++)
        UNROLL for (int j = 0; j < features; j++) sum[i][j] = (vf){0};
    for (ptrdiff_t k = 0; k < t->tokens; k++) {
        const float *const row = token_of(t, k) + values;
        vf value[KEYS];
        UNROLL for (int j = 0; j < features; j++) value[j] = load_part(row + j * t->heads, t->lanes);
        UNROLL for (int i = 0; i < queries; i++) {
            const vf weight = load(t->weights + (i * t->tokens + k) * LANES);
            UNROLL for (int j = 0; j < features; j++) sum[i][j] = madd(weight, value[j], sum[i][j]);
        }
    }
    UNROLL for (int i = 0; i < queries; i++) {
        float *const out = output_of(t, q + i) + d * t->heads;
        UNROLL for (int j = 0; j < features; j++) store_part(out + j * t->heads, sum[i][j], t->lanes);
    }
}

// Attention of `queries` tokens from q, to all keys.
INLINE void attend(const int queries, const heads_t *t, ptrdiff_t q) {
    ptrdiff_t k = 0, d = 0;
    for (; k + KEYS <= t->tokens; k += KEYS) scores(queries, KEYS, t, q, k);
    for (; k < t->tokens; k++) scores(queries, 1, t, q, k);
    UNROLL for (int i = 0; i < queries; i++) softmax(t->weights + i * t->tokens * LANES, t->tokens, t->rough);
    for (; d + KEYS <= t->head_size; d += KEYS) mix(queries, KEYS, t, q, d);
    for (; d < t->head_size; d++) mix(queries, 1, t, q, d);
}

#define ATTEND(queries, unused) \
    case queries: attend(queries, t, q); break;
INLINE void attend_some(int queries, const heads_t *t, ptrdiff_t q) {
    switch (queries) { UP_TO(QUERIES, ATTEND, unused) }
}

static ptrdiff_t attention_scratch(ptrdiff_t patches) { return QUERIES * (patches + 1) * LANES; }

// Attention of one galaxy and one vector of heads. Queries are dealt to blocks of nearly equal height: a block of one
// would wait for its own sums.
INLINE void attend_all(const heads_t *t) {
    const ptrdiff_t blocks = (t->tokens + QUERIES - 1) / QUERIES;
    for (ptrdiff_t block = 0, q = 0; block < blocks; block++) {
        const ptrdiff_t queries = t->tokens / blocks + (block < t->tokens % blocks);
        attend_some((int)queries, t, q);
        q += queries;
    }
}

static void attention(const ck_attention_t *t) {
    for (ptrdiff_t galaxy = 0; galaxy < t->galaxies; galaxy++) {
        for (ptrdiff_t head = 0; head < t->heads; head += LANES) {
            const heads_t heads = {
                .qkv = t->qkv + head,
                .out = t->out + head,
                .ld = t->ld_qkv,
                .ld_out = t->ld_out,
                .galaxies = t->galaxies,
                .galaxy = galaxy,
                .patches = t->patches,
                .tokens = t->patches + 1,
                .heads = t->heads,
                .head_size = t->head_size,
                .lanes = t->heads - head < LANES ? t->heads - head : LANES,
                .weights = t->scratch,
                .rough = t->rough,
            };
            attend_all(&heads);
        }
    }
}
