# Run by U-Boot from the partition that it was found on: loads Jacinth and starts it.
#   jacinth.env (optional)   jx_args=boot arguments; jx_overlays=names from overlays/
# On a board the firmware has left a device tree at ${fdt_addr}; elsewhere U-Boot's own.
setenv jx_from "${devtype} ${devnum}:${distro_bootpart}"
setenv jx_args ""
setenv jx_overlays ""
if load ${jx_from} ${scriptaddr} jacinth.env; then
	env import -t ${scriptaddr} ${filesize} jx_args jx_overlays
fi
if test -z "${fdt_addr}"; then setenv fdt_addr ${fdtcontroladdr}; fi
fdt addr ${fdt_addr}
fdt resize 8192
for jx_name in ${jx_overlays}; do
	load ${jx_from} ${scriptaddr} overlays/${jx_name}.dtbo && fdt apply ${scriptaddr}
done
if test -n "${jx_args}"; then
	setenv bootargs "${jx_args}"
else
	fdt get value bootargs /chosen bootargs
fi
load ${jx_from} ${kernel_addr_r} Image
load ${jx_from} ${ramdisk_addr_r} initrd
booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_addr}
