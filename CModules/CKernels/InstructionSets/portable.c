// Whatever the target has without asking: SSE2 on x86-64 (16 registers), NEON on 64-bit Arm (32, and it fuses).
#define LANES 4
#define TALL 12
#if defined(__aarch64__)
#define FUSED
#define REGISTERS 32
#define SHORT 12
#define QUERIES 4
#define NAME "NEON"
#else
#define REGISTERS 16
#define SHORT 6
#define QUERIES 2
#define NAME "portable"
#endif
#define KEYS 4
#define OPTION "portable"
#define LEVEL 0
#define TABLE ck_portable
#include "../Kernels/kernels.h"
