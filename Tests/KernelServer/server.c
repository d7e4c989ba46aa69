// Runs kernels for the tests in a process of its own: built with sanitizers, or for another processor under an
// emulator.
//
// kernel-server LEVEL answers calls on standard input until that ends. Everything is in 64-bit words: a call is the
// function, the number of arguments, that of blocks of memory, the arguments, and for each block the caller's address
// of it, its bytes, those in front of and behind the part that may be touched, and whether it comes back; then the
// blocks themselves. Arguments that are pointers are addresses of the caller's. The answer is a number and the blocks
// asked for.
#define _DEFAULT_SOURCE  // for anonymous mappings
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CKernels.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define SANITIZED
#endif
#endif

enum function { DESCRIBE, MATMUL, CONVERT, LAYER_NORM, ATTENTION, PCM, WIDE_LINEAR, MEAN_ROWS, AVERAGE_POOL, MAX_POOL,
                ACTIVATE, PRODUCT, ATTENTION_SCRATCH, PEAK, FLUSH };

enum { MOST_ARGUMENTS = 32, MOST_BLOCKS = 9 };

typedef struct {
    uint64_t address, bytes, before, behind, comes_back;
} header_t;

typedef struct {
    header_t header;
    char *start;
    char *mapping;
    size_t mapped;
} block_t;

static uint64_t arguments[MOST_ARGUMENTS];
static size_t next_argument;
static block_t blocks[MOST_BLOCKS];
static size_t block_count;

static void fail(const char *what) {
    fprintf(stderr, "kernel-server: %s: %s\n", what, strerror(errno));
    exit(1);
}

// False at the end of input, which may only be where a call would begin.
static int receive(void *to, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        const ssize_t count = read(STDIN_FILENO, (char *)to + done, bytes - done);
        if (count == 0 && done == 0) return 0;
        if (count <= 0) fail("read");
        done += (size_t)count;
    }
    return 1;
}

static void send_back(const void *from, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        const ssize_t count = write(STDOUT_FILENO, (const char *)from + done, bytes - done);
        if (count < 0) fail("write");
        done += (size_t)count;
    }
}

// Memory aligned like the caller's, with a page behind it that nobody may touch.
static void place(block_t *block) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), offset = block->header.address % page;
    const size_t used = (offset + block->header.bytes + page - 1) / page * page;
    block->mapped = used + page;
    block->mapping = mmap(NULL, block->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block->mapping == MAP_FAILED || mprotect(block->mapping + used, page, PROT_NONE) != 0) fail("mmap");
    block->start = block->mapping + offset;
}

// What stands around the part that may be touched: the sanitizer reports whoever reads or writes there.
static void forbid_surroundings(const block_t *block) {
#if defined(SANITIZED)
    const size_t inner = block->header.bytes - block->header.before - block->header.behind;
    ASAN_POISON_MEMORY_REGION(block->start, block->header.before);
    ASAN_POISON_MEMORY_REGION(block->start + block->header.before + inner, block->header.behind);
#else
    (void)block;
#endif
}

static ptrdiff_t number(void) { return (ptrdiff_t)arguments[next_argument++]; }

static float real(void) {
    const uint32_t bits = (uint32_t)arguments[next_argument++];
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void *pointer(void) {
    const uint64_t address = arguments[next_argument++];
    for (size_t i = 0; i < block_count; i++) {
        const header_t *const header = &blocks[i].header;
        if (address >= header->address && address <= header->address + header->bytes)
            return blocks[i].start + (address - header->address);
    }
    if (address) fail("a pointer into no block");
    return NULL;
}

// Initialisers are not evaluated in a fixed order, so arguments are taken one statement at a time.
#define TAKE(structure, field, how) (structure).field = how()

static ck_rows_t rows(void) {
    ck_rows_t r;
    TAKE(r, start, pointer);
    TAKE(r, stride, number);
    r.format = (ck_format)number();
    TAKE(r, steps, pointer);
    return r;
}

static void matmul(const ck_kernels_t *kernels) {
    ck_matmul_t t;
    TAKE(t, a, rows);
    TAKE(t, b, pointer);
    TAKE(t, bias, pointer);
    TAKE(t, scales, pointer);
    TAKE(t, sums, pointer);
    TAKE(t, c, rows);
    TAKE(t, m, number);
    TAKE(t, n, number);
    TAKE(t, k, number);
    TAKE(t, window, number);
    TAKE(t, ld_image, number);
    t.activation = (ck_activation)number();
    t.accumulate = number() != 0;
    kernels->matmul(&t);
}

static void attention(const ck_kernels_t *kernels) {
    ck_attention_t t;
    TAKE(t, qkv, pointer);
    TAKE(t, ld_qkv, number);
    TAKE(t, out, pointer);
    TAKE(t, ld_out, number);
    TAKE(t, galaxies, number);
    TAKE(t, patches, number);
    TAKE(t, heads, number);
    TAKE(t, head_size, number);
    t.rough = number() != 0;
    TAKE(t, scratch, pointer);
    kernels->attention(&t);
}

static void pcm(const ck_kernels_t *kernels) {
    ck_pcm_t t;
    TAKE(t, src, pointer);
    TAKE(t, dst, pointer);
    TAKE(t, ld, number);
    TAKE(t, rows, number);
    TAKE(t, groups, number);
    TAKE(t, inputs, number);
    TAKE(t, hidden, number);
    TAKE(t, w1, pointer);
    TAKE(t, b1, pointer);
    TAKE(t, w2, pointer);
    TAKE(t, b2, pointer);
    t.rough = number() != 0;
    TAKE(t, scratch, pointer);
    kernels->pcm(&t);
}

static void normalise(const ck_kernels_t *kernels, int is_norm) {
    const float *const x = pointer();
    const ptrdiff_t ldx = number();
    const ck_rows_t y = rows();
    const ptrdiff_t count = number(), width = number();
    if (is_norm)
        kernels->layer_norm(x, ldx, &y, count, width, real());
    else
        kernels->convert(x, ldx, &y, count, width);
}

static void wide_linear(const ck_kernels_t *kernels) {
    const float *const x = pointer();
    const ptrdiff_t count = number(), inputs = number();
    const float *const w = pointer(), *const bias = pointer();
    float *const y = pointer();
    const ptrdiff_t ldy = number(), width = number();
    kernels->wide_linear(x, count, inputs, w, bias, y, ldy, width, (ck_activation)number());
}

static void mean_rows(const ck_kernels_t *kernels) {
    const float *const x = pointer();
    const ptrdiff_t ldx = number(), count = number();
    float *const y = pointer();
    const ptrdiff_t ldy = number(), height = number(), width = number();
    kernels->mean_rows(x, ldx, count, y, ldy, height, width);
}

static void pool(void (*function)(const float *, float *, ptrdiff_t, ptrdiff_t)) {
    const float *const x = pointer();
    float *const y = pointer();
    const ptrdiff_t size = number(), channels = number();
    function(x, y, size, channels);
}

static void product(const ck_kernels_t *kernels) {
    const double *const a = pointer();
    const ptrdiff_t lda = number();
    const double *const b = pointer();
    double *const c = pointer();
    const ptrdiff_t m = number(), n = number(), k = number();
    kernels->product(a, lda, b, c, m, n, k, pointer());
}

static void activate(const ck_kernels_t *kernels) {
    float *const x = pointer();
    const ptrdiff_t count = number();
    kernels->activate(x, count, (ck_activation)number());
}

static uint64_t peak(const ck_kernels_t *kernels) {
    const ck_format format = (ck_format)number();
    const ptrdiff_t rounds = number();
    return (uint64_t)kernels->peak(format, rounds, pointer());
}

// Whether a denormal result and a denormal operand count as zero between ck_flush_denormals and ck_restore, and not
// behind them. What is volatile stays where it is.
static uint64_t flush(void) {
    volatile float smallest = 0x1p-126f, denormal = 0x1p-127f;
    const uint64_t state = ck_flush_denormals();
    volatile float result = smallest * 0.5f, operand = denormal * 0x1p100f;
    ck_restore(state);
    volatile float later = smallest * 0.5f;
    return result == 0 && operand == 0 && later > 0;
}

static uint64_t call(const ck_kernels_t *kernels, enum function function) {
    switch (function) {
        case DESCRIBE:
            return (uint64_t)kernels->lanes | (uint64_t)kernels->bfloat16 << 8 | (uint64_t)kernels->int8 << 16 |
                   (uint64_t)kernels->tiles << 24;
        case ATTENTION_SCRATCH: return (uint64_t)kernels->attention_scratch(number());
        case MATMUL: matmul(kernels); break;
        case CONVERT: normalise(kernels, 0); break;
        case LAYER_NORM: normalise(kernels, 1); break;
        case ATTENTION: attention(kernels); break;
        case PCM: pcm(kernels); break;
        case WIDE_LINEAR: wide_linear(kernels); break;
        case MEAN_ROWS: mean_rows(kernels); break;
        case AVERAGE_POOL: pool(kernels->average_pool); break;
        case MAX_POOL: pool(kernels->max_pool); break;
        case ACTIVATE: activate(kernels); break;
        case PRODUCT: product(kernels); break;
        case PEAK: return peak(kernels);
        case FLUSH: return flush();
    }
    return 0;
}

int main(int count, char **words) {
    const ck_kernels_t *const kernels = count == 2 ? ck_available(atoi(words[1])) : NULL;
    if (!kernels) fail("no such level");
    for (uint64_t head[3]; receive(head, sizeof head);) {
        if (head[1] > MOST_ARGUMENTS || head[2] > MOST_BLOCKS) fail("a call that is too long");
        receive(arguments, sizeof arguments[0] * head[1]);
        next_argument = 0;
        block_count = head[2];
        for (size_t i = 0; i < block_count; i++) {
            receive(&blocks[i].header, sizeof blocks[i].header);
            place(&blocks[i]);
        }
        for (size_t i = 0; i < block_count; i++) {
            receive(blocks[i].start, blocks[i].header.bytes);
            forbid_surroundings(&blocks[i]);
        }
        // As around a batch, but for the call that is about this; the next product has to set tiles up again.
        const bool flushes = head[0] != FLUSH;
        const uint64_t state = flushes ? ck_flush_denormals() : 0;
        const uint64_t answer = call(kernels, (enum function)head[0]);
        if (flushes) ck_restore(state);
        send_back(&answer, sizeof answer);
        for (size_t i = 0; i < block_count; i++) {
            const block_t *const block = &blocks[i];
#if defined(SANITIZED)
            ASAN_UNPOISON_MEMORY_REGION(block->start, block->header.bytes);
#endif
            if (block->header.comes_back) send_back(block->start, block->header.bytes);
            munmap(block->mapping, block->mapped);
        }
    }
    return 0;
}
