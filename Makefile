# Jacinth. `make help` lists targets and variables; docs/map.md the tree.
MAKEFLAGS += -rR --no-print-directory
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.SECONDARY:

O         ?= build
V         ?= 0
LLVM      ?= 0
DEFCONFIG ?= debug
PYTHON    ?= /usr/bin/python3
export PYTHON

Q    := $(if $(filter 1,$V),,@)
say   = $(if $(filter 1,$V),,@printf '  %-8s%s\n' $1 $(2:$O/%=%))
gen  := $O/gen
# End of a recipe line: what it prints becomes $@, if it differs from $@.
into  = > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

.PHONY: all FORCE
all: $O/Image $O/initrd $O/compile_commands.json

# --- Configuration -----------------------------------------------------------

# Goals that call make again to build: the tools may not be there before that.
meta := help clean setup run gdb test bench defconfig menuconfig savedefconfig
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

# --- Tools and flags ---------------------------------------------------------

cross    := aarch64-linux-gnu-
picolibc := /usr/lib/picolibc/aarch64-linux-gnu
fdtlib   := /usr/lib/aarch64-linux-gnu/libfdt.a
ifeq ($(LLVM),1)
CC := clang-19 --target=aarch64-none-elf
LD := ld.lld-19
user_cc := clang-19 --target=aarch64-linux-gnu -nostdlibinc \
	   -isystem $(picolibc)/include -ftls-model=local-exec
else
CC := $(cross)gcc
LD := $(cross)ld
user_cc := $(cross)gcc --specs=$(picolibc)/picolibc.specs
endif

common := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wvla -Wstrict-prototypes \
	  -Wmissing-prototypes -fno-common -ffile-prefix-map=$(CURDIR)/= -MMD -MP
# -fbuiltin: freestanding headers, but memcpy and the like may become instructions.
# -mstrict-align: code that runs before the MMU is on sees Device memory.
# -moutline-atomics: arch/arm64/atomics.S uses LSE where the CPU has it.
kernel_flags := $(common) -ffreestanding -fbuiltin -nostdinc -fPIE \
	-isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
	-isystem $(gen)/libfdt -include $(gen)/config.h \
	-Iinclude -Iarch/include -Ikernel/include -Imm/include -Isyscalls/include -I$(gen) \
	-march=armv8-a -mtune=cortex-a72 -mgeneral-regs-only -mstrict-align \
	-moutline-atomics -mbranch-protection=standard -fstack-protector-strong \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer -Wframe-larger-than=1024
kernel_c := $(CC) $(kernel_flags) -include $(gen)/hidden.h
kernel_s := $(CC) $(kernel_flags)
user_c   := $(user_cc) $(common) -Iinclude -Iuser/include -I$(gen) -march=armv8-a \
	-mtune=cortex-a72 -mno-outline-atomics -DPICOLIBC_INTEGER_PRINTF_SCANF
kernel_ld := $(LD) -pie --no-dynamic-linker -Bsymbolic -z text -z norelro -z noexecstack \
	-z max-page-size=4096 --fix-cortex-a53-843419 --build-id=none --orphan-handling=error

# Objects depend on this file, so that changed flags build them again.
flags := $(gen)/flags
$(flags): FORCE
	@mkdir -p $(gen)
	@printf '%s\n' '$(kernel_c)' '$(user_c)' '$(kernel_ld)' "$$($(CC) --version)" $(into)

# --- Generated sources -------------------------------------------------------

$(gen)/version.h: FORCE
	@printf '#define JACINTH_VERSION "%s"\n' \
		"$$(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)" $(into)

# Declarations would go through the GOT without it: -fvisibility leaves them out.
$(gen)/hidden.h: FORCE
	@echo '#pragma GCC visibility push(hidden)' $(into)

# Only these two of /usr/include; what they include is the kernel's own.
$(gen)/libfdt/libfdt.h: /usr/include/libfdt.h /usr/include/fdt.h
	@mkdir -p $(@D) && cp /usr/include/fdt.h $(@D)/ && cp $< $@

$(gen)/syscalls.stamp: scripts/gen_syscalls.py syscalls/syscalls.tbl
	$(call say,GEN,syscalls)
	$Q$(PYTHON) $^ $(gen) && touch $@

generated := $(gen)/version.h $(gen)/hidden.h $(gen)/libfdt/libfdt.h $(gen)/syscalls.stamp

# --- The kernel --------------------------------------------------------------

obj-y :=
include arch/arm64/objs.mk kernel/objs.mk mm/objs.mk syscalls/objs.mk
-include tests/kernel/objs.mk
kernel_objs := $(obj-y:%=$O/obj/%)

$O/obj/%.o: %.c $(flags) | $(generated)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$Q$(kernel_c) -c -o $@ $<

$O/obj/%.o: %.S $(flags) | $(generated)
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$Q$(kernel_s) -c -o $@ $<

# Linked twice: the symbol table of the first link is part of the second, and
# stands behind all code, which therefore stays where it is.
link_kernel = $(kernel_ld) -T arch/arm64/kernel.ld -o $@ $(kernel_objs) $1 $(fdtlib)
$O/kernel.first: $(kernel_objs) arch/arm64/kernel.ld $(fdtlib) scripts/ksyms.py
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

# --- User programs -----------------------------------------------------------

prog-y :=
-include user/progs.mk
utest_sources := $(wildcard tests/user/*.c)
bad_progs := $(notdir $(basename $(wildcard tests/bad/*.c)))
progs := $(prog-y) $(if $(utest_sources),utest) $(bad_progs)

objs_of   = $(patsubst %,$O/obj/%.o,$(basename $1))
crt      := $(call objs_of,$(wildcard user/crt/*.c user/crt/*.S))
libzx    := $(call objs_of,$(wildcard user/libzx/*.c user/libzx/*.S))
# Sources of program $1: a folder under user/, the user tests, or one bad program.
sources_of = $(if $(filter utest,$1),$(utest_sources),$(or \
	$(wildcard user/$1/*.c user/$1/*.S),$(wildcard tests/bad/$1.c)))

user_compile = $(call say,UCC,$@)
define user_rule
$O/obj/$1/%.o: $1/%.$2 $(flags) | $(generated)
	$$(call say,UCC,$$@)
	@mkdir -p $$(@D)
	$Q$(user_c) -c -o $$@ $$<
endef
$(foreach d,user tests/user tests/bad,$(foreach s,c S,$(eval $(call user_rule,$d,$s))))

$O/lib/libzx.a: $(libzx)
	$(call say,AR,$@)
	@mkdir -p $(@D) && rm -f $@
	$Q$(cross)ar rcsD $@ $^

$O/lib/crt0.o: $(crt)
	@mkdir -p $(@D)
	$Q$(cross)ld -r -o $@ $^

$O/elf/%: $$(call objs_of,$$(call sources_of,$$*)) $O/lib/crt0.o $O/lib/libzx.a user/user.ld
	$(call say,ULD,$@)
	@mkdir -p $(@D)
	$Q$(cross)gcc --specs=$(picolibc)/picolibc.specs -nostartfiles -static -no-pie \
		-DPICOLIBC_INTEGER_PRINTF_SCANF -Wl,-z,max-page-size=4096,-z,noexecstack \
		-T user/user.ld -o $@ $(filter %.o,$^) $O/lib/libzx.a

$O/bin/%: $O/elf/%
	@mkdir -p $(@D)
	$Q$(cross)strip -s -o $@ $<

$O/initrd: $(progs:%=$O/bin/%) scripts/mkinitrd.py
	$(call say,INITRD,$@)
	$Q$(PYTHON) scripts/mkinitrd.py $@ $(foreach p,$(progs),bin/$p=$O/bin/$p)

$O/compile_commands.json: $(flags) scripts/compdb.py $(kernel_objs)
	@$(PYTHON) scripts/compdb.py $(flags) $(kernel_objs:$O/obj/%=%) $(into)

-include $(patsubst %.o,%.d,$(kernel_objs) $(crt) $(libzx) \
	$(foreach p,$(progs),$(call objs_of,$(call sources_of,$p))))
