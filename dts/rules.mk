# Device trees of boards, and overlays: `make dtbs`.

dtbs := $(patsubst dts/%.dts,$O/dts/%.dtb,$(wildcard dts/*.dts)) \
	$(patsubst dts/%.dtso,$O/dts/%.dtbo,$(wildcard dts/overlays/*.dtso))

.PHONY: dtbs
dtbs: $(dtbs)
	@:

# Warnings are errors: dtc prints them and succeeds.
dtc = $Qdtc $1 -I dts -O dtb -o $@ $< 2>$@.log || true; cat $@.log >&2; test ! -s $@.log

$O/dts/%.dtb: dts/%.dts
	$(call say,DTC,$@)
	@mkdir -p $(@D)
	$(call dtc)

$O/dts/%.dtbo: dts/%.dtso
	$(call say,DTC,$@)
	@mkdir -p $(@D)
	$(call dtc,-@)

# Disk images: see scripts/image and docs/boards.md.
.PHONY: uboot-virt rpi4_defconfig rpi4-image image
uboot-virt: setup
	@+$(MAKE) -j$$(nproc) all
	@scripts/image --build $O virt

# The release build, in a folder of its own: build/rpi4/jacinth-rpi4.img.
rpi4_defconfig: setup
	@+$(MAKE) O=build/rpi4 DEFCONFIG=release defconfig

rpi4-image image: setup
	@test -e build/rpi4/.config || $(MAKE) rpi4_defconfig
	@+$(MAKE) O=build/rpi4 -j$$(nproc) all
	@scripts/image --build build/rpi4 --out build/rpi4/jacinth-rpi4.img rpi4

# tests/board on a board or on what stands for one: make test-board ENV=qemu-virt|FILE.yaml
.PHONY: test-board test-kvm
ENV ?= qemu-virt
test-board: setup
	@+$(MAKE) -j$$(nproc) all
	@scripts/test-board --build $O $(ENV)

# Linux with KVM on an emulated machine, and the build as its guest: scripts/test-kvm.
test-kvm: setup
	@+$(MAKE) -j$$(nproc) all
	@scripts/test-kvm --build $O

# All machines, and KVM on each interrupt controller and with VHE: a night's work.
.PHONY: nightly
nightly: setup
	@scripts/regress
	@+$(MAKE) -j$$(nproc) all
	@scripts/test-kvm --build $O --gic 3
	@scripts/test-kvm --build $O --gic 2
	@scripts/test-kvm --build $O --gic 3 --cpu max
