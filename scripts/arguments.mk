# Part of the top Makefile: refuses variables that would fail far from here.
ifneq ($(words $O),1)
$(error O='$O' must be one word: name a folder without spaces in its path)
endif

fragments_known := $(notdir $(wildcard arch/arm64/configs/*))
fragments_wrong := $(filter-out $(fragments_known),$(DEFCONFIG))
ifneq ($(fragments_wrong),)
$(error DEFCONFIG: no '$(fragments_wrong)'; there are: $(fragments_known))
endif
