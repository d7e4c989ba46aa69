// What the levels of AVX2 share: 16 registers of 8 floats.
#define LANES 8
#define FUSED
#define AVX2
#define FAMILY ck_avx2
#define REGISTERS 16
#define SHORT 6
#define TALL 12
#define QUERIES 2
#define KEYS 4
#include "../Kernels/kernels.h"
