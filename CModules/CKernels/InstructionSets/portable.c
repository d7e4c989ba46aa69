// Whatever the target has without asking: SSE2 on x86-64 (16 registers), NEON on 64-bit Arm.
#define OPTION "portable"
#define LEVEL 0
#define TABLE ck_portable
#if defined(__aarch64__)
#include <arm_neon.h>
#define NAME "NEON"
#include "neon.h"
#else
#define NAME "portable"
#define LANES 4
#define REGISTERS 16
#define SHORT 6
#define TALL 12
#define QUERIES 2
#define KEYS 4
#include "../Kernels/kernels.h"
#endif
