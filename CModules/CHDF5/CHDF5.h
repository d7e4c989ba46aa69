// HDF5's C interface, with the identifiers that are macros as prefixed getters: Swift imports no macro that calls or casts.
#ifndef CHDF5_H
#define CHDF5_H

#include <hdf5.h>

#define CH5_ID(name, macro) \
    static inline hid_t name(void) { return (macro); }

CH5_ID(ch5_default, H5P_DEFAULT)
CH5_ID(ch5_all, H5S_ALL)
CH5_ID(ch5_error_default, H5E_DEFAULT)
CH5_ID(ch5_file_access, H5P_FILE_ACCESS)
CH5_ID(ch5_file_create, H5P_FILE_CREATE)
CH5_ID(ch5_dataset_access, H5P_DATASET_ACCESS)
CH5_ID(ch5_dataset_create, H5P_DATASET_CREATE)
CH5_ID(ch5_string, H5T_C_S1)
CH5_ID(ch5_int8, H5T_NATIVE_INT8)
CH5_ID(ch5_int16, H5T_NATIVE_INT16)
CH5_ID(ch5_int32, H5T_NATIVE_INT32)
CH5_ID(ch5_int64, H5T_NATIVE_INT64)
CH5_ID(ch5_uint8, H5T_NATIVE_UINT8)
CH5_ID(ch5_uint16, H5T_NATIVE_UINT16)
CH5_ID(ch5_uint32, H5T_NATIVE_UINT32)
CH5_ID(ch5_uint64, H5T_NATIVE_UINT64)
CH5_ID(ch5_float, H5T_NATIVE_FLOAT)
CH5_ID(ch5_double, H5T_NATIVE_DOUBLE)
CH5_ID(ch5_ieee_float32, H5T_IEEE_F32LE)

static inline size_t ch5_variable(void) { return H5T_VARIABLE; }
static inline unsigned ch5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned ch5_truncate(void) { return H5F_ACC_TRUNC; }

// Reading needs no lock, and network file systems often have none to give. HDF5 1.10.7 has the call; older libraries
// know only the environment variable HDF5_USE_FILE_LOCKING.
static inline herr_t ch5_do_not_lock(hid_t access) {
#if H5_VERSION_GE(1, 10, 7)
    return H5Pset_file_locking(access, 0, 1);
#else
    (void)access;
    return 0;
#endif
}

#endif
