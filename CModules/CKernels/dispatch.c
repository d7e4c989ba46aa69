// Which kernels this processor can run. Compiled without instruction-set flags, so that it runs everywhere.
#include "include/CKernels.h"

extern const ck_kernels_t ck_portable;
#if defined(__x86_64__)
extern const ck_kernels_t ck_avx2, ck_avx512;
#endif

const ck_kernels_t *ck_available(int index) {
    const ck_kernels_t *found[4] = {&ck_portable};
#if defined(__x86_64__)
    int count = 1;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
        found[count++] = &ck_avx2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
            found[count++] = &ck_avx512;
    }
#endif
    return index >= 0 && index < 4 ? found[index] : 0;
}
