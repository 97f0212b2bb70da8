obj-y += syscalls/vmar.o
obj-y += syscalls/vmo.o
obj-y += syscalls/pager.o
