// What the levels of 64-bit Arm share: 32 registers of 4 floats.
#define LANES 4
#define FUSED
#define REGISTERS 32
#if defined(VNNI)
#define SHORT 12
#else
#define SHORT 11  // the halves of 16-bit numbers take two registers more
#endif
#define TALL 12
#define QUERIES 6
#define KEYS 4
#include "../Kernels/kernels.h"
