unit-y += rtree_test:mm/rtree.o,mm/rtree_build.o,mm/rtree_gaps.o,mm/rtree_place.o,mm/rtree_remove.o,mm/rtree_check.o,tests/unit/rtree_model.o,tests/unit/tree_env.o
unit-y += ptree_test:mm/ptree.o,mm/ptree_remove.o,mm/ptree_check.o,tests/unit/tree_env.o
unit-y += printf_test:kernel/format.o
unit-y += timer_heap_test:kernel/heap.o,kernel/timescale.o
unit-y += logring_test:kernel/logring.o
unit-y += boot_args_test:kernel/boot.o
# The fake machine with the page-table code of arm64, for lists of objects.
fake_machine := arch/arm64/pt.o,arch/arm64/tlb.o,arch/arm64/asid.o,arch/arm64/pt_reserve.o,mm/ptcheck.o,mm/pmm.o,mm/slab.o,kernel/lock.o,kernel/lockdep.o,kernel/wait.o,kernel/epoch.o,arch/fake/cpu.o,arch/fake/tlb.o,arch/fake/sched.o,arch/fake/log.o,arch/fake/cache.o
unit-y += pt_test:$(fake_machine),tests/unit/pt_env.o
unit-y += tlb_test:$(fake_machine),tests/unit/pt_env.o
