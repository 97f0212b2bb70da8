/* The tables are those of arm64: the fake MMU walks what arch/arm64/pt.c made. */
#include "../../../arm64/include/arch/mmu_impl.h"
