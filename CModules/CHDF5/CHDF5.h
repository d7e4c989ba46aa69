// HDF5's C interface, with the identifiers that are macros as prefixed getters: Swift imports no macro that calls.
#ifndef CHDF5_H
#define CHDF5_H

#include <hdf5.h>

static inline hid_t ch5_native_float(void) { return H5T_NATIVE_FLOAT; }

#endif
