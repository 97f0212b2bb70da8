# Tests on the developer's machine, part of the top Makefile.
#
# tests/unit/objs.mk: `unit-y += NAME:object,object...`, NAME.c beside it.
# unit-y programs run with ASan and UBSan. unit-tsan-y has threads and runs
# under ThreadSanitizer; unit-long-y is plain, for many steps: NAME is then
# NAME_test.c's, with another word for _test.
unit-y :=
unit-tsan-y :=
unit-long-y :=
comma := ,
empty :=
space := $(empty) $(empty)
-include tests/unit/objs.mk
host_c := gcc $(common) -fno-omit-frame-pointer -include $(gen)/config.h -DUNIT_TEST \
	-Iinclude -Iarch/include -Ikernel/include -Imm/include -Isyscalls/include -I$(gen) \
	-Iarch/fake/include -Iarch/fake -Itests/unit -Iuser/include
host_asan := $(host_c) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
host_tsan := $(host_c) -O1 -fsanitize=thread
# Objects of a program: its entry of a list, the list, the folder.
unit_objs = $(patsubst %.o,$O/$3/%.o,tests/unit/$(subst _long,_test,$1).o \
	$(subst $(comma), ,$(word 2,$(subst :, ,$(filter $1:%,$2 $1:)))))

define host_rule
$O/$1/%.o: %.c $(flags) | $(generated)
	$$(call say,HOSTCC,$$@)
	@mkdir -p $$(@D)
	$$Q$2 -c -o $$@ $$<
endef
$(eval $(call host_rule,host,$(host_asan)))
$(eval $(call host_rule,host-tsan,$(host_tsan)))
$(eval $(call host_rule,host-long,$(host_c)))

names = $(foreach u,$1,$(firstword $(subst :, ,$u)))

$O/unit/bin/%: $$(call unit_objs,$$*,$$(unit-y),host)
	@mkdir -p $(@D)
	$Q$(host_asan) -o $@ $^ -lcmocka -lpthread

$(patsubst %,$O/unit/bin/%,$(call names,$(unit-long-y))): \
		$O/unit/bin/%: $$(call unit_objs,$$*,$$(unit-long-y),host-long)
	@mkdir -p $(@D)
	$Q$(host_c) -o $@ $^ -lcmocka -lpthread

# ThreadSanitizer of GCC 12 does not start where addresses are much randomised:
# what stands in bin switches that off, if it may.
$O/unit/tsan/%: $$(call unit_objs,$$*,$$(unit-tsan-y),host-tsan)
	@mkdir -p $(@D)
	$Q$(host_tsan) -o $@ $^ -lcmocka -lpthread

$(patsubst %,$O/unit/bin/%,$(call names,$(unit-tsan-y))): \
		$O/unit/bin/%: $O/unit/tsan/%
	@mkdir -p $(@D)
	$Qprintf '#!/bin/sh\n%s\n%s\n' 'setarch -R true 2>/dev/null && run="setarch -R"' \
		'exec $$run $(abspath $O)/unit/tsan/$* "$$@"' > $@ && chmod +x $@

.PHONY: unit
unit: $(patsubst %,$O/unit/bin/%,$(call names,$(unit-y) $(unit-tsan-y) $(unit-long-y)))

# Headers that the objects of the last build included.
-include $(wildcard $(foreach h,host host-tsan host-long,$O/$h/*/*.d $O/$h/*/*/*.d))
