// What the levels of AVX-512 share: 32 registers of 16 floats.
#define LANES 16
#define FUSED
#if !defined(PLAIN)
#define AVX512
#endif
#define REGISTERS 32
#define SHORT 14
#define TALL 16
#define QUERIES 6
#define KEYS 4
#include "../Kernels/kernels.h"
