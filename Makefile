# Jacinth: a kernel that speaks Zircon's virtual memory. docs/map.md shows the tree.
#? Goals
#?   run            install what is missing, build, boot under QEMU: demo, then shell
#?   test           everything that is tested; the last line counts
#?   all            Image and initrd in $O (the default)
#?   bench          instruction counts per operation, into $O/bench.tsv
#?   sdk            headers, libraries, jacinth-cc and jacinth-c++ for your programs, in $O/sdk
#?   ports          programs from outside, from Debian's sources, in $O/ports
#?   rpi4-image     card for a Raspberry Pi 4: build/rpi4/jacinth-rpi4.img (docs/boards.md)
#?   uboot-virt     disk for U-Boot on QEMU's virt, in $O/images
#?   gdb            boot, stopped, with gdb-multiarch attached
#?   test-board ENV=...  test-kvm  nightly   on a board; as a KVM guest; on all machines
#?   defconfig menuconfig savedefconfig   the options in $O/.config
#?   check setup clean help compile_commands.json
#? Variables
#?   CPUS=4 MEM=1G GIC=2|3 CPU=cortex-a72|max   the machine of run and gdb
#?   EL=1|2 BOOT=direct|uboot BOARD=virt|raspi4b|raspi3b   run: where and how it is entered
#?   CMD="..."      run: these shell commands, then power off; make's status is theirs
#?   PROG=f.elf ARGS="..." FILES="name=path ..."   run: that program alone, its status
#?   SEED=n APPEND="..." TIMEOUT=seconds   run: fixed randomness; kernel arguments; limit
#?   O=build        folder for everything that is made
#?   DEFCONFIG="debug|release [asid8] [latest]"   fragments of arch/arm64/configs
#?   LLVM=1 V=1     clang and lld; show commands
MAKEFLAGS += -rR --no-print-directory
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.SECONDARY:

O         ?= build
V         ?= 0
LLVM      ?= 0
DEFCONFIG ?= debug
export PYTHON ?= /usr/bin/python3
include scripts/arguments.mk

Q    := $(if $(filter 1,$V),,@)
# A line for each step, unless commands are shown or make -s wants silence.
quiet := $(findstring s,$(firstword -$(MAKEFLAGS)))
say   = $(if $(filter 1,$V)$(quiet),,@printf '  %-8s%s\n' $1 $(2:$O/%=%))
gen  := $O/gen
# End of a recipe line: what it prints becomes $@, if it differs from $@.
into  = > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

.PHONY: all FORCE
all: $O/Image $O/initrd $O/compile_commands.json

# --- Configuration -----------------------------------------------------------

# Goals that call make again to build: the tools may not be there before that.
meta := help clean setup run gdb test bench sdk ports check defconfig menuconfig savedefconfig \
	uboot-virt rpi4_defconfig rpi4-image image test-board test-kvm nightly
ifneq ($(filter-out $(meta),$(or $(MAKECMDGOALS),all)),)
include $O/.config
endif

# DEFCONFIG from the command line always decides; otherwise a .config that exists.
fragments := $(DEFCONFIG:%=arch/arm64/configs/%)
forced    := $(filter command,$(firstword $(origin DEFCONFIG)))
$O/.config: Kconfig scripts/kconfig.py $(fragments) $(if $(forced),FORCE)
	@mkdir -p $(gen)
	@test -e $@ -a -z "$(forced)" || $(PYTHON) scripts/kconfig.py defconfig $@ $(fragments)
	@$(PYTHON) scripts/kconfig.py sync $@ $(gen)/config.h
	@$(if $(forced),,touch $@)

# After an edit by hand or by menuconfig; written only if something changed.
$(gen)/config.h: $O/.config
	@$(PYTHON) scripts/kconfig.py sync $< $@

# --- Tools and flags ---------------------------------------------------------

cross    := aarch64-linux-gnu-
picolibc := /usr/lib/picolibc/aarch64-linux-gnu
fdtlib   := /usr/lib/aarch64-linux-gnu/libfdt.a
ifeq ($(LLVM),1)
CC := clang-19 --target=aarch64-none-elf
LD := ld.lld-19 --fix-cortex-a53-843419
user_cc := clang-19 --target=aarch64-linux-gnu -nostdlibinc \
	   -isystem $(picolibc)/include -ftls-model=local-exec
else
CC := $(cross)gcc
# Memcpy and the like may become instructions. (clang would go on and call strcpy.)
builtin := -fbuiltin
# Not =full: that has stubs, which ld pads to a page.
LD := $(cross)ld --fix-cortex-a53-843419=adr
user_cc := $(cross)gcc --specs=$(picolibc)/picolibc.specs
endif

common := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wvla -Wstrict-prototypes \
	  -Wmissing-prototypes -fno-common "-ffile-prefix-map=$(CURDIR)/=" -MMD -MP
# -mstrict-align: code that runs before the MMU is on sees Device memory.
# -moutline-atomics: arch/arm64/atomics.S uses LSE where the CPU has it.
# A release guards functions with arrays of characters only: the strong form costs a
# tenth of a short system call, for functions that merely pass addresses down.
protect := $(if $(CONFIG_DEBUG),-fstack-protector-strong,-fstack-protector)
kernel_flags := $(common) -ffreestanding $(builtin) -nostdinc -fPIE \
	-isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
	-isystem $(gen)/libfdt -isystem arch/arm64/libfdt -include $(gen)/config.h \
	-Iinclude -Iarch/include -Iarch/arm64/include -Ikernel/include -Imm/include \
	-Isyscalls/include -I$(gen) -march=armv8-a -mtune=cortex-a72 -mgeneral-regs-only \
	-mstrict-align -moutline-atomics -mbranch-protection=standard $(protect) \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer -momit-leaf-frame-pointer \
	-Wframe-larger-than=1024
# MUTANT=n builds one of the deliberate bugs of arch/arm64/mutants.h.
kernel_flags += $(if $(MUTANT),-DMUTANT=$(MUTANT))
kernel_c := $(CC) $(kernel_flags) -include $(gen)/hidden.h
kernel_s := $(CC) $(kernel_flags)
user_c   := $(user_cc) $(common) -Iinclude -Iuser/include -I$(gen) -march=armv8-a \
	-mtune=cortex-a72 -mno-outline-atomics -DPICOLIBC_INTEGER_PRINTF_SCANF
kernel_ld := $(LD) -pie --no-dynamic-linker -Bsymbolic -z text -z norelro -z noexecstack \
	-z max-page-size=4096 --build-id=none --orphan-handling=error

# Objects depend on this file, so that changed flags build them again.
flags := $(gen)/flags
$(flags): FORCE
	@mkdir -p $(gen)
	@printf '%s\n' '$(kernel_c)' '$(user_c)' '$(kernel_ld)' "$$($(CC) --version)" $(into)

# And what is linked on this one, which names the objects: one may have gone.
objects := $(gen)/objects
$(objects): FORCE
	@printf '%s\n' '$(kernel_objs)' '$(libzx) $(crt) $(vdso)' '$(progs)' $(into)

# --- Generated sources -------------------------------------------------------

$(gen)/version.h: FORCE
	@printf '#define JACINTH_VERSION "%s"\n' \
		"$$(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)" $(into)

# Declarations would go through the GOT without it: -fvisibility leaves them out.
$(gen)/hidden.h: FORCE
	@echo '#pragma GCC visibility push(hidden)' $(into)

# Only these two of /usr/include; arch/arm64/libfdt has the third, in our words.
$(gen)/libfdt/libfdt.h: /usr/include/libfdt.h /usr/include/fdt.h
	@mkdir -p $(@D) && cp /usr/include/fdt.h $(@D)/ && cp $< $@

$(gen)/syscalls.stamp: scripts/gen_syscalls.py syscalls/syscalls.tbl $(gen)/config.h
	$(call say,GEN,syscalls)
	$Q$(PYTHON) $(wordlist 1,2,$^) $(gen) $(CONFIG_SYSCALL_SHUFFLE) && touch $@
# What includes them is made again after the stamp, not at the next make.
$(addprefix $(gen)/,syscall_numbers.h syscall_protos.h syscall_dispatch.inc zx_stubs.S \
		zx_bind.S): 		$(gen)/syscalls.stamp ;

generated := $(gen)/config.h $(gen)/version.h $(gen)/hidden.h \
	$(gen)/libfdt/libfdt.h $(gen)/syscalls.stamp

include user/rules.mk tests/unit/rules.mk

# --- The kernel --------------------------------------------------------------

obj-y :=
include $(wildcard $(addsuffix /objs.mk,arch/arm64 kernel mm syscalls tests/kernel))
kernel_objs := $(obj-y:%=$O/obj/%)

$O/obj/%.o: %.c $(flags) | $(generated)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$Q$(kernel_c) -c -o $@ $<

$O/obj/%.o: %.S $(flags) | $(generated)
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$Q$(kernel_s) -c -o $@ $<

include arch/arm64/host/rules.mk dts/rules.mk

# Linked twice: the symbol table of the first link is part of the second, and
# stands behind all code, which therefore stays where it is.
link_kernel = $(kernel_ld) -T arch/arm64/kernel.ld -o $@ $(kernel_objs) $1 $(fdtlib)
$O/kernel.first: $(kernel_objs) $(objects) arch/arm64/kernel.ld $(fdtlib) scripts/ksyms.py
	@mkdir -p $O/ksyms && $(PYTHON) scripts/ksyms.py /dev/null > $O/ksyms/none.S
	@$(kernel_s) -c -o $O/ksyms/none.o $O/ksyms/none.S
	$Q$(call link_kernel,$O/ksyms/none.o)

$O/kernel.elf: $O/kernel.first
	$(call say,LD,$@)
	$Q$(cross)nm $< | $(PYTHON) scripts/ksyms.py - > $O/ksyms/all.S
	@$(kernel_s) -c -o $O/ksyms/all.o $O/ksyms/all.S
	$Q$(call link_kernel,$O/ksyms/all.o)
	@$(cross)nm $@ | $(PYTHON) scripts/ksyms.py - | cmp - $O/ksyms/all.S

$O/Image: $O/kernel.elf
	$(call say,IMAGE,$@)
	$Q$(cross)objcopy -O binary $< $@

all_objs := $(kernel_objs) $(crt) $(libzx) $(vdso) \
	    $(foreach p,$(progs),$(call objs_of,$(call sources_of,$p)))
$O/compile_commands.json: $(flags) scripts/compdb.py $(objects)
	@$(PYTHON) scripts/compdb.py $(flags) $(all_objs:$O/obj/%=%) $(into)
-include $(all_objs:.o=.d) $(el2_objs:.o=.d)

# Each public header must compile with nothing before it.
faces := $(wildcard include/zircon/*.h $(addsuffix /*.h,arch/include/arch \
	 kernel/include/kernel mm/include/mm syscalls/include/syscalls))
faces := $(filter-out %_inline.h %_impl.h %/threads.h,$(faces))
.PHONY: check-headers
check-headers: $(generated)
	$Q$(foreach h,$(faces),echo '#include "$h"' | $(filter-out -MMD -MP,$(kernel_c)) -I. \
		-fsyntax-only -xc - &&) true

# --- What a user calls -------------------------------------------------------

.PHONY: help setup bench gdb test check run booted clean defconfig menuconfig savedefconfig
help:
	@sed -n 's/^#? \{0,1\}//p' Makefile

setup:
	@scripts/setup

bench: setup
	@scripts/bench --out $O

gdb: setup
	@+$(MAKE) -j$$(nproc) all
	@scripts/gdb --build $O

test: setup
	@scripts/test --out $O

check:
	@scripts/check-style && scripts/check-layers && scripts/check-raw

# Passes on the status of what ran; see scripts/make_exit.c.
ifneq ($(filter run,$(MAKECMDGOALS)),)
-load $O/make_exit.so
endif
$O/make_exit.so: scripts/make_exit.c
	@scripts/setup && mkdir -p $O && gcc -Wall -Wextra -Werror -shared -fPIC -o $@ $<

booted: setup
	@+$(MAKE) -j$$(nproc) all dtbs
	@scripts/qemu --build $O; echo $$? > $O/run.status

run: booted
	$(exit-with $(file < $O/run.status))

defconfig:
	@+$(MAKE) DEFCONFIG='$(DEFCONFIG)' $O/.config

menuconfig: setup
	@+$(MAKE) $O/.config
	@KCONFIG_CONFIG=$O/.config $(PYTHON) -m menuconfig

savedefconfig: $O/.config
	@KCONFIG_CONFIG=$O/.config $(PYTHON) -m savedefconfig --out $O/defconfig
	@echo 'wrote $O/defconfig'

clean:
	rm -rf $O
