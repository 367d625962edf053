#include <systemd/sd-daemon.h>
// The C library's allocator, which Swift's module for it leaves out.
#include <malloc.h>
