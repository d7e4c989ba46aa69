// What the levels of AVX-512 share: 32 registers of 16 floats.
#define LANES 16
#define FUSED
#if defined(PLAIN)
#define SHORT 2  // each height takes the compiler seconds
#define TALL 3
#else
#define AVX512
#define FAMILY ck_avx512
#define SHORT 14
#define TALL 16
#endif
#define REGISTERS 32
#define QUERIES 6
#define KEYS 4
#include "../Kernels/kernels.h"
