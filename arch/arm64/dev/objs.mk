obj-y += arch/arm64/dev/gic.o
obj-y += arch/arm64/dev/gicv2.o
obj-y += arch/arm64/dev/gicv3.o
obj-y += arch/arm64/dev/irqc.o
obj-y += arch/arm64/dev/pl011.o
obj-y += arch/arm64/dev/timer.o
