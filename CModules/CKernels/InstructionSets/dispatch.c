// Which kernels this processor can run. Compiled without instruction-set flags, so that it runs everywhere.
#include "../include/CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

extern const ck_kernels_t ck_portable;
#if defined(__x86_64__)
extern const ck_kernels_t ck_avx2, ck_avx512, ck_avx512_vnni, ck_avx512_bf16;
#endif

// Levels that a processor can have at most.
#define LEVELS 5

const ck_kernels_t *ck_available(int index) {
    const ck_kernels_t *found[LEVELS] = {&ck_portable};
#if defined(__x86_64__)
    int count = 1;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
        found[count++] = &ck_avx2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
            found[count++] = &ck_avx512;
            if (__builtin_cpu_supports("avx512vnni")) {
                found[count++] = &ck_avx512_vnni;
                if (__builtin_cpu_supports("avx512bf16")) found[count++] = &ck_avx512_bf16;
            }
        }
    }
#endif
    return index >= 0 && index < LEVELS ? found[index] : 0;
}

#if defined(__x86_64__)
// Flush to zero, and denormals are zero.
#define FLUSH 0x8040u
uint64_t ck_flush_denormals(void) {
    const unsigned state = _mm_getcsr();
    _mm_setcsr(state | FLUSH);
    return state;
}
void ck_restore(uint64_t state) { _mm_setcsr((unsigned)state); }
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
