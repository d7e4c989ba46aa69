#define _GNU_SOURCE
#include "CCollectives.h"

#include <dlfcn.h>
#include <stdlib.h>

static void (*on_error)(void *error);

void ccollectives_on_error_in_main(void (*handler)(void *error)) { on_error = handler; }

/// What a Swift program calls with an error that nobody caught, under the name that the runtime has for it. A program
/// that is linked with the runtime's library takes this one, since it stands before the library; one that has the
/// runtime linked in takes the runtime's, since this one is weak.
__attribute__((weak)) void swift_errorInMain(void *error) {
    if (on_error) on_error(error);
    void (*runtime)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "swift_errorInMain");
    if (runtime) runtime(error);
    abort();
}
