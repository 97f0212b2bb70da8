# User programs, part of the top Makefile.
#
# user/progs.mk: `prog-y += NAME` is the program made of user/NAME/*.[cS].
# tests/user/*.c together are the program utest, each tests/bad/*.c is one of
# its own. All go into the initrd as /bin/NAME.

prog-y :=
-include user/progs.mk
utest_sources := $(wildcard tests/user/*.c)
bad_progs := $(notdir $(basename $(wildcard tests/bad/*.c)))
progs := $(prog-y) $(if $(utest_sources),utest) $(bad_progs)

# Records of the C library, struct stat for one, look at what the compiler says of
# Linux: so programs and library hear the same (scripts/jacinth-cc).
user_c += -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix -D__jacinth__=1

# With the source's ending, since start.S and start.c may stand side by side.
objs_of   = $(1:%=$O/obj/%.o)
crt      := $(call objs_of,$(wildcard user/crt/*.c user/crt/*.S))
libzx    := $(call objs_of,$(wildcard user/libzx/*.c user/libzx/*.S user/libc/*.c))
# Sources of program $1: a folder under user/, the user tests, or one bad program.
sources_of = $(if $(filter utest,$1),$(utest_sources),$(or \
	$(wildcard user/$1/*.c user/$1/*.S),$(wildcard tests/bad/$1.c)))

define user_rule
$O/obj/$1/%.$2.o: $1/%.$2 $(flags) | $(generated)
	$$(call say,UCC,$$@)
	@mkdir -p $$(@D)
	$Q$(user_c) $$(more) -c -o $$@ $$<
endef
$(foreach d,user tests/user tests/bad,$(foreach s,c S,$(eval $(call user_rule,$d,$s))))

# The vDSO: code that runs wherever it is mapped, with nothing but a stack. The
# kernel has the file in it (kernel/vdso_image.S).
vdso := $(call objs_of,$(wildcard user/vdso/*.c user/vdso/*.S))
$(vdso): more := -fPIC -ffreestanding -fno-builtin -fno-stack-protector -mgeneral-regs-only \
	-fno-asynchronous-unwind-tables
$(gen)/libzx.so: $(vdso) $(objects) user/vdso/vdso.ld user/vdso/vdso.map
	$(call say,VDSO,$@)
	$Q$(cross)ld -shared -soname libzx.so -Bsymbolic -z text -z defs -z noexecstack \
		-z max-page-size=4096 --hash-style=both --build-id=none -s -o $@ \
		-T user/vdso/vdso.ld --version-script user/vdso/vdso.map $(vdso)

# The tests read the device tree with the library that the kernel uses.
$O/obj/tests/user/dev_tree.c.o: more := -isystem $(gen)/libfdt -isystem arch/arm64/libfdt
$O/elf/utest: libs := $(fdtlib)
$O/elf/utest: $(fdtlib)

$O/lib/libzx.a: $(libzx) $(objects)
	$(call say,AR,$@)
	@mkdir -p $(@D) && rm -f $@
	$Q$(cross)ar rcsD $@ $(libzx)

$O/lib/crt0.o: $(crt) $(objects)
	@mkdir -p $(@D)
	$Q$(cross)ld -r -o $@ $(crt)

$O/elf/%: $$(call objs_of,$$(call sources_of,$$*)) $O/lib/crt0.o $O/lib/libzx.a user/user.ld
	$(call say,ULD,$@)
	@mkdir -p $(@D)
	$Q$(cross)gcc --specs=$(picolibc)/picolibc.specs -nostartfiles -static -no-pie \
		-DPICOLIBC_INTEGER_PRINTF_SCANF -Wl,-z,max-page-size=4096,-z,noexecstack \
		-T user/user.ld -o $@ $(filter %.o,$^) \
		-Wl,--start-group $O/lib/libzx.a $(libs) -lc -lgcc -Wl,--end-group

$O/bin/%: $O/elf/%
	@mkdir -p $(@D)
	$Q$(cross)strip -s -o $@ $<

$O/initrd: $(progs:%=$O/bin/%) $(objects) scripts/mkinitrd.py
	$(call say,INITRD,$@)
	$Q$(PYTHON) scripts/mkinitrd.py $@ $(foreach p,$(progs),bin/$p=$O/bin/$p)

# --- The kit for programs from outside, and some of them ------------------------

.PHONY: sdk ports
sdk: setup
	@+$(MAKE) $O/lib/libzx.a $O/lib/crt0.o
	@scripts/sdk $O

ports: sdk
	@scripts/ports $O
