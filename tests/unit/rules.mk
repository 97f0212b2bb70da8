# Tests on the developer's machine, part of the top Makefile.
#
# tests/unit/objs.mk: `unit-y += NAME:object,object...`, NAME.c beside it.
unit-y :=
-include tests/unit/objs.mk
host_c := gcc $(common) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -include $(gen)/config.h -DUNIT_TEST \
	-Iinclude -Iarch/include -Ikernel/include -Imm/include -Isyscalls/include -I$(gen) \
	-Iarch/fake/include -Iarch/fake -Itests/unit
comma := ,
unit_objs = $(patsubst %.o,$O/host/%.o,tests/unit/$1.o $(subst $(comma), ,$(word 2,\
	$(subst :, ,$(filter $1:%,$(unit-y) $1:)))))

$O/host/%.o: %.c $(flags) | $(generated)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$Q$(host_c) -c -o $@ $<

$O/unit/bin/%: $$(call unit_objs,$$*)
	@mkdir -p $(@D)
	$Q$(host_c) -o $@ $^ -lcmocka -lpthread

.PHONY: unit
unit: $(foreach u,$(unit-y),$O/unit/bin/$(firstword $(subst :, ,$u)))
