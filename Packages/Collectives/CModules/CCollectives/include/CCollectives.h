#ifndef CCOLLECTIVES_H
#define CCOLLECTIVES_H

/// Calls `handler` with the error that a program throws out of its main, in place of Swift's crash report. The pointer
/// is the error's box: what `any Error` is in memory.
void ccollectives_on_error_in_main(void (*_Nonnull handler)(void *_Nonnull error));

#endif
