# Programs of the initrd besides utest and the bad ones; see user/rules.mk.
prog-y += init
prog-y += shell
prog-y += bench
prog-y += demo
prog-y += probe
