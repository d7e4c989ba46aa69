// Softmax attention, head by head, with a vector of queries at a time: lanes are queries, so that maximum and sum over
// the keys need no lane to meet another.

// Queries or keys that are worked on together: their sums stay in registers.
#define BLOCK 8

INLINE ptrdiff_t padded(ptrdiff_t columns) { return (columns + LANES - 1) / LANES * LANES; }

// Two arrays behind one another: the head's queries, transposed, and its weights [key][query].
static ptrdiff_t attention_scratch(ptrdiff_t patches, ptrdiff_t head_size) {
    return (head_size + patches + 1) * padded(patches + 1);
}

// weights[key][0 ..< LANES] = key . query for `keys` keys and one vector of queries.
INLINE void scores(const int keys, const float *const *key, ptrdiff_t offset, ptrdiff_t size, const float *queries,
                   float *weights, ptrdiff_t ld) {
    vf sum[BLOCK];
    UNROLL for (int k = 0; k < keys; k++) sum[k] = (vf){0};
    for (ptrdiff_t d = 0; d < size; d++) {
        const vf query = load(queries + d * ld);
        UNROLL for (int k = 0; k < keys; k++) sum[k] = madd(splat(key[k][offset + d]), query, sum[k]);
    }
    UNROLL for (int k = 0; k < keys; k++) store(weights + k * ld, sum[k]);
}

// Softmax down each column of one vector of columns.
INLINE void softmax(float *weights, ptrdiff_t ld, ptrdiff_t tokens) {
    vf highest = load(weights);
    for (ptrdiff_t k = 1; k < tokens; k++) highest = vmax(highest, load(weights + k * ld));
    vf total = {0};
    for (ptrdiff_t k = 0; k < tokens; k++) {
        const vf e = vexp(load(weights + k * ld) - highest);
        store(weights + k * ld, e);
        total += e;
    }
    const vf share = 1.0f / total;
    for (ptrdiff_t k = 0; k < tokens; k++) store(weights + k * ld, load(weights + k * ld) * share);
}

// out[query] = sum over the keys of weights[key][query] * value[key], for `queries` neighbouring rows of out.
INLINE void mix(const int queries, ptrdiff_t tokens, ptrdiff_t size, const float *const *value, ptrdiff_t offset,
                const float *weights, ptrdiff_t ld, float *out, ptrdiff_t ld_out) {
    for (ptrdiff_t d = 0; d < size; d += LANES) {
        const ptrdiff_t part = size - d < LANES ? size - d : LANES;
        vf sum[BLOCK];
        UNROLL for (int q = 0; q < queries; q++) sum[q] = (vf){0};
        for (ptrdiff_t k = 0; k < tokens; k++) {
            const float *from = value[k] + offset + d;
            const vf v = part == LANES ? load(from) : load_part(from, part);
            UNROLL for (int q = 0; q < queries; q++) sum[q] = madd(splat(weights[k * ld + q]), v, sum[q]);
        }
        UNROLL for (int q = 0; q < queries; q++) {
            if (part == LANES) store(out + q * ld_out + d, sum[q]);
            else store_part(out + q * ld_out + d, sum[q], part);
        }
    }
}

static void attend(const ck_attention_t *t, ptrdiff_t galaxy, const float **row) {
    const ptrdiff_t patches = t->patches, tokens = patches + 1, size = t->head_size, width = t->heads * size;
    const ptrdiff_t ld = padded(tokens);
    const ptrdiff_t first = galaxy * patches, last = t->galaxies * patches + galaxy;
    float *queries = t->scratch, *weights = queries + size * ld;
    for (ptrdiff_t k = 0; k < patches; k++) row[k] = t->qkv + (first + k) * t->ld_qkv;
    row[patches] = t->qkv + last * t->ld_qkv;

    for (ptrdiff_t head = 0; head < width; head += size) {
        for (ptrdiff_t k = 0; k < tokens; k++)
            for (ptrdiff_t d = 0; d < size; d++) queries[d * ld + k] = row[k][head + d];

        for (ptrdiff_t q = 0; q < tokens; q += LANES) {
            ptrdiff_t k = 0;
            for (; k + BLOCK <= tokens; k += BLOCK)
                scores(BLOCK, row + k, width + head, size, queries + q, weights + k * ld + q, ld);
            for (; k < tokens; k++) scores(1, row + k, width + head, size, queries + q, weights + k * ld + q, ld);
            softmax(weights + q, ld, tokens);
        }

        float *out = t->out + first * t->ld_out + head;
        ptrdiff_t q = 0;
        for (; q + BLOCK <= patches; q += BLOCK)
            mix(BLOCK, tokens, size, row, 2 * width + head, weights + q, ld, out + q * t->ld_out, t->ld_out);
        for (; q < patches; q++)
            mix(1, tokens, size, row, 2 * width + head, weights + q, ld, out + q * t->ld_out, t->ld_out);
        mix(1, tokens, size, row, 2 * width + head, weights + patches, ld, t->out + last * t->ld_out + head,
            t->ld_out);
    }
}

static void attention(const ck_attention_t *t) {
    const float *row[t->patches + 1];
    // Queries of the padding lanes stay zero: their weights are computed and never used.
    memset(t->scratch, 0, sizeof(float) * (size_t)(t->head_size * padded(t->patches + 1)));
    for (ptrdiff_t galaxy = 0; galaxy < t->galaxies; galaxy++) attend(t, galaxy, row);
}
