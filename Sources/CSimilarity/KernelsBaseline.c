// The kernels for any x86-64 or other machine.
#define KERNEL(name) name##_baseline
#include "Kernels.h"
