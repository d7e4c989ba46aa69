// Arithmetic on buffers: one instruction set at a time, chosen when the program runs.
#ifndef CKERNELS_H
#define CKERNELS_H

#endif
