// What the levels of AVX-512 share: 32 registers of 16 floats.
#define LANES 16
#define FUSED
#define AVX512
#define REGISTERS 32
#define SHORT 14
#define TALL 16
#define QUERIES 6
#define KEYS 4
#include "../Kernels/kernels.h"
