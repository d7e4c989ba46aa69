// Which kernels this processor can run. Compiled without instruction-set flags, so that it runs everywhere.
#define _DEFAULT_SOURCE  // for syscall
#include "../include/CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

extern const ck_kernels_t ck_portable;
#if defined(__x86_64__)
extern const ck_kernels_t ck_avx2, ck_avx_vnni, ck_avx512, ck_avx512_vnni, ck_avx512_bf16, ck_amx;
void ck_release_amx(void);
#if defined(CK_AMX_MODEL)
#define MODELLED true  // tiles are there on every processor
#else
#define MODELLED false
#endif
static const ck_kernels_t *const levels[] = {
    &ck_portable, &ck_avx2, &ck_avx_vnni, &ck_avx512, &ck_avx512_vnni, &ck_avx512_bf16, &ck_amx,
};

// The system has to be asked for tiles, whose state is large: once a process, for all of its threads, also those to
// come (Linux, Documentation/arch/x86/xstate.rst). It says no where it does not keep tiles when threads take turns, and
// where a thread's stack for signals has no room for them.
static bool may_use_tiles(void) {
    enum { ASK_FOR_STATE = 0x1023, TILES = 18 };  // ARCH_REQ_XCOMP_PERM and XFEATURE_XTILEDATA, which headers may lack
    static _Atomic int known;                     // threads that ask at once are told the same
    if (known == 0) known = syscall(SYS_arch_prctl, ASK_FOR_STATE, TILES) == 0 ? 1 : -1;
    return known > 0;
}

// Whether this processor, and the system, have what a level needs.
static bool has(int level) {
    __builtin_cpu_init();
    const bool avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    const bool avx512_vnni = avx512 && __builtin_cpu_supports("avx512vnni");
    const bool avx512_bf16 = avx512_vnni && __builtin_cpu_supports("avx512bf16");
    const bool amx = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") &&
                     __builtin_cpu_supports("amx-bf16");
    switch (level) {
        case 0: return true;
        case 1: return avx2;
        case 2: return avx2 && __builtin_cpu_supports("avxvnni");
        case 3: return avx512;
        case 4: return avx512_vnni;
        case 5: return avx512_bf16;
        default: return MODELLED || (avx512_bf16 && amx && may_use_tiles());
    }
}
#elif defined(__aarch64__)
extern const ck_kernels_t ck_neon_dotprod, ck_neon_i8mm;
static const ck_kernels_t *const levels[] = {&ck_portable, &ck_neon_dotprod, &ck_neon_i8mm};

static bool has(int level) {
    const bool dotprod = getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
    const unsigned long i8mm = HWCAP2_I8MM | HWCAP2_BF16;
    switch (level) {
        case 0: return true;
        case 1: return dotprod;
        default: return dotprod && (getauxval(AT_HWCAP2) & i8mm) == i8mm;
    }
}
#else
static const ck_kernels_t *const levels[] = {&ck_portable};
static bool has(int level) { return level == 0; }
#endif
#define LEVELS (int)(sizeof levels / sizeof levels[0])

const ck_kernels_t *ck_available(int index) {
    for (int level = 0; level < LEVELS; level++)
        if (has(level) && index-- == 0) return levels[level];
    return NULL;
}

const char *ck_level_option(int level) { return level >= 0 && level < LEVELS ? levels[level]->option : NULL; }

#if defined(__x86_64__)
// Flush to zero, and denormals are zero.
#define FLUSH 0x8040u
uint64_t ck_flush_denormals(void) {
    const unsigned state = _mm_getcsr();
    _mm_setcsr(state | FLUSH);
    return state;
}
void ck_restore(uint64_t state) {
    _mm_setcsr((unsigned)state);
    ck_release_amx();
}
#elif defined(__aarch64__)
// Flush to zero, which is both there.
#define FLUSH (UINT64_C(1) << 24)
uint64_t ck_flush_denormals(void) {
    uint64_t state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    __asm__ volatile("msr fpcr, %0" : : "r"(state | FLUSH));
    return state;
}
void ck_restore(uint64_t state) { __asm__ volatile("msr fpcr, %0" : : "r"(state)); }
#else
uint64_t ck_flush_denormals(void) { return 0; }
void ck_restore(uint64_t state) { (void)state; }
#endif
