# The EL2 host: a program of its own, which the kernel's image carries as a file.

el2-y := arch/arm64/host/entry.o
el2-y += arch/arm64/host/main.o
el2-y += arch/arm64/host/tree.o
el2-y += arch/arm64/host/map.o
el2-y += arch/arm64/host/stage2.o
el2-y += arch/arm64/host/psci.o
el2-y += arch/arm64/host/vgic.o
el2-y += arch/arm64/host/vgic_v2.o
el2-y += arch/arm64/host/vgic_v3.o
el2-y += arch/arm64/host/watch.o
el2-y += arch/arm64/host/trap.o
el2-y += arch/arm64/host/report.o
el2-y += arch/arm64/host/print.o
# The kernel's, compiled a second time.
el2-y += arch/arm64/dt_node.o
el2-y += arch/arm64/string.o
el2-y += kernel/string.o
el2-y += kernel/format.o
el2-y += kernel/logring.o
el2_objs := $(el2-y:%=$O/el2/%)
el2_flags := -mno-outline-atomics -mbranch-protection=none -fno-stack-protector
# It runs with everything writable. ld.lld does not warn of that.
el2_ld_flags := $(if $(filter 1,$(LLVM)),,--no-warn-rwx-segments)

$O/el2/%.o: %.c $(flags) | $(generated)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$Q$(kernel_c) $(el2_flags) -c -o $@ $<

$O/el2/%.o: %.S $(flags) | $(generated)
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$Q$(kernel_s) $(el2_flags) -c -o $@ $<

$O/el2/host.elf: $(el2_objs) arch/arm64/host/host.ld $(fdtlib)
	$(call say,LD,$@)
	$Q$(kernel_ld) $(el2_ld_flags) -T arch/arm64/host/host.ld -o $@ \
		$(el2_objs) $(fdtlib)

$O/el2/host.bin: $O/el2/host.elf
	$Q$(cross)objcopy -O binary $< $@

$O/obj/arch/arm64/host_image.o: $O/el2/host.bin
$O/obj/arch/arm64/host_image.o: kernel_s += -Wa,-I$O

