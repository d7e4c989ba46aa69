// HDF5's C interface, with the identifiers that are macros as prefixed getters: Swift imports no macro that calls or
// casts.
#ifndef CHDF5_H
#define CHDF5_H

#include <hdf5.h>
#include <sys/types.h>

#define CH5_ID(name, macro) \
    static inline hid_t name(void) { return (macro); }

// The library that the headers belong to.
static inline const char *ch5_header_version(void) { return H5_VERS_INFO; }

static inline int ch5_is_parallel(void) {
#ifdef H5_HAVE_PARALLEL
    return 1;
#else
    return 0;
#endif
}

CH5_ID(ch5_default, H5P_DEFAULT)
CH5_ID(ch5_all, H5S_ALL)
CH5_ID(ch5_error_default, H5E_DEFAULT)
CH5_ID(ch5_file_access, H5P_FILE_ACCESS)
CH5_ID(ch5_file_create, H5P_FILE_CREATE)
CH5_ID(ch5_group_create, H5P_GROUP_CREATE)
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
static inline unsigned ch5_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned ch5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned ch5_exclusive(void) { return H5F_ACC_EXCL; }

// Visits the links of a group; the visitor's second argument says whether one leads into another file. HDF5's own call
// and its callback have another form in each version. The order is HDF5's own: asked for another, it makes a table of
// the links first, and HDF5 1.10 frees what it has not filled when a damaged file stops it.
typedef herr_t (*ch5_link_visitor)(const char *name, int is_external, void *context);

struct ch5_visit {
    ch5_link_visitor visitor;
    void *context;
};

static inline herr_t ch5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *visit) {
    const struct ch5_visit *v = (const struct ch5_visit *)visit;
    (void)group;
    return v->visitor(name, info->type == H5L_TYPE_EXTERNAL, v->context);
}

static inline herr_t ch5_visit_links(hid_t group, ch5_link_visitor visitor, void *context) {
    struct ch5_visit visit = {visitor, context};
    hsize_t place = 0;
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &place, ch5_visit_link, &visit);
}

// What an entry of a group is: its own object, a soft or an external link, or a link of another kind; negative when
// there is none.
enum ch5_link { CH5_HARD = 0, CH5_SOFT = 1, CH5_EXTERNAL = 2, CH5_FOREIGN = 3 };

static inline int ch5_link_kind(hid_t group, const char *name, size_t *value_size) {
    H5L_info_t info;
    if (H5Lget_info(group, name, &info, H5P_DEFAULT) < 0) return -1;
    if (info.type == H5L_TYPE_HARD) return CH5_HARD;
    *value_size = info.u.val_size;
    return info.type == H5L_TYPE_SOFT ? CH5_SOFT : info.type == H5L_TYPE_EXTERNAL ? CH5_EXTERNAL : CH5_FOREIGN;
}

// The number of chunks that a data set has in the file; negative where the library cannot tell.
static inline herr_t ch5_chunk_count(hid_t dataset, hid_t space, hsize_t *count) {
#if H5_VERSION_GE(1, 10, 5)
    return H5Dget_num_chunks(dataset, space, count);
#else
    (void)dataset, (void)space, (void)count;
    return -1;
#endif
}

// Adds a selection to another one; negative where the library cannot, which is before 1.10.6.
static inline herr_t ch5_add_selection(hid_t sum, hid_t more) {
#if H5_VERSION_GE(1, 10, 6)
    return H5Smodify_select(sum, H5S_SELECT_OR, more);
#else
    (void)sum, (void)more;
    return -1;
#endif
}

// Whether a file begins as HDF5 files do.
static inline htri_t ch5_is_hdf5(const char *path) {
#if H5_VERSION_GE(1, 12, 0)
    return H5Fis_accessible(path, H5P_DEFAULT);
#else
    return H5Fis_hdf5(path);
#endif
}

// Frees the strings that a read of strings of variable length has left in a buffer.
static inline herr_t ch5_reclaim(hid_t type, hid_t space, void *buffer) {
#if H5_VERSION_GE(1, 12, 0)
    return H5Treclaim(type, space, H5P_DEFAULT, buffer);
#else
    return H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
#endif
}

// A type as bytes and back. HDF5 2 has macros of these names.
static inline herr_t ch5_encode(hid_t type, void *bytes, size_t *count) {
#if H5_VERSION_GE(2, 0, 0)
    return H5Tencode2(type, bytes, count, H5P_DEFAULT);
#else
    return H5Tencode(type, bytes, count);
#endif
}
static inline hid_t ch5_decode(const void *bytes, size_t count) {
#if H5_VERSION_GE(2, 0, 0)
    return H5Tdecode2(bytes, count);
#else
    (void)count;
    return H5Tdecode(bytes);
#endif
}

// Adds bytes that belong to no object at the end of a file; negative where the library cannot, which is before 1.10.2.
static inline herr_t ch5_lengthen(hid_t file, hsize_t bytes, haddr_t *end) {
#if H5_VERSION_GE(1, 10, 2)
    herr_t status = H5Fincrement_filesize(file, bytes);
    return status < 0 ? status : H5Fget_eoa(file, end);
#else
    (void)file, (void)bytes, (void)end;
    return -1;
#endif
}

// The system's own call, which its headers show to GNU sources only. Unlike posix_fallocate it does not write to every
// block where the file system cannot do it.
#ifdef __linux__
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);
static inline int ch5_take_room(int descriptor, off_t length) {
    const int keepSize = 1;
    return fallocate(descriptor, keepSize, 0, length);
}
#else
#include <errno.h>
static inline int ch5_take_room(int descriptor, off_t length) {
    (void)descriptor, (void)length;
    errno = EOPNOTSUPP;
    return -1;
}
#endif

// A format with room for attributes above 64 KiB, that libraries since 1.8 can read.
static inline herr_t ch5_allow_large_attributes(hid_t access) {
#if H5_VERSION_GE(1, 10, 2)
    return H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110);
#else
    return H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
#endif
}

// Reading needs no lock, and network file systems often have none to give. HDF5 1.10.7 and 1.12.1 brought the call;
// libraries without it know only the environment variable HDF5_USE_FILE_LOCKING.
static inline herr_t ch5_do_not_lock(hid_t access) {
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 11, 0))
    return H5Pset_file_locking(access, 0, 1);
#else
    (void)access;
    return 0;
#endif
}

#endif
