obj-y += arch/arm64/pt.o
obj-y += arch/arm64/pt_reserve.o
obj-y += arch/arm64/tlb.o
obj-y += arch/arm64/asid.o
obj-y += arch/arm64/cache.o
