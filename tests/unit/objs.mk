unit-y += rtree_test:mm/rtree.o,mm/rtree_build.o,mm/rtree_cells.o,mm/rtree_gaps.o,mm/rtree_place.o,mm/rtree_remove.o,mm/rtree_check.o,tests/unit/rtree_model.o,tests/unit/tree_env.o
unit-y += ptree_test:mm/ptree.o,mm/ptree_remove.o,mm/ptree_view.o,mm/ptree_check.o,tests/unit/tree_env.o
unit-y += printf_test:kernel/format.o
unit-y += timer_heap_test:kernel/heap.o,kernel/timescale.o
unit-y += logring_test:kernel/logring.o
unit-y += boot_args_test:kernel/boot.o
# The fake machine with the page-table code of arm64, for lists of objects.
fake_machine := arch/arm64/pt.o,arch/arm64/pt_block.o,arch/arm64/pt_age.o,arch/arm64/cache.o,arch/arm64/tlb.o,arch/arm64/asid.o,arch/arm64/pt_reserve.o,mm/ptcheck.o,mm/ptcheck_flush.o,mm/pmm.o,mm/slab.o,kernel/lock.o,kernel/lockdep.o,kernel/wait.o,kernel/epoch.o,arch/fake/cpu.o,arch/fake/tlb.o,arch/fake/sched.o,arch/fake/log.o,arch/fake/cache.o
unit-y += pt_test:$(fake_machine),tests/unit/pt_env.o
unit-y += tlb_test:$(fake_machine),tests/unit/pt_env.o
unit-y += block_test:$(fake_machine),tests/unit/pt_env.o,tests/unit/block_env.o
unit-y += block_random_test:$(fake_machine),tests/unit/pt_env.o,tests/unit/block_env.o
unit-y += memtype_test:$(fake_machine),tests/unit/pt_env.o,tests/unit/block_env.o
unit-y += cache_test:$(fake_machine),tests/unit/pt_env.o
# ... with all of mm and what it needs of kernel.
mm_parts := $(filter-out mm/evictor.c mm/kstack.c mm/stats.c mm/pmm.c mm/slab.c mm/ptcheck%.c,$(sort $(wildcard mm/*.c)))
fake_mm := $(fake_machine),arch/fake/user.o,arch/fake/kstack.o,$(subst $(space),$(comma),$(patsubst %.c,%.o,$(mm_parts))),kernel/object.o,kernel/object_name.o,kernel/signal.o,kernel/handle.o,kernel/port.o,kernel/port_async.o,kernel/port_cancel.o
unit-y += fake_test:$(fake_mm)
# ... with a look-up of mappings that the test can stop at.
unit-y += step_test:$(subst mm/aspace.o$(comma),,$(fake_mm))
# Every allocation fails once.
unit-y += fail_test:$(fake_mm)
# Families of page trees: with sanitizers, at length without, and in threads.
ptree_family := mm/ptree.o,mm/ptree_remove.o,mm/ptree_view.o,mm/ptree_check.o,tests/unit/ptree_model.o,tests/unit/tree_env.o
unit-y += ptree_family_test:$(ptree_family)
unit-long-y += ptree_family_long:$(ptree_family)
unit-tsan-y += ptree_thread_test:$(ptree_family)
unit-y += ptree_fail_test:$(ptree_family)
# Snapshots of VMOs.
unit-y += snap_test:$(fake_mm),tests/unit/snap_env.o
unit-y += snap_random_test:$(fake_mm),tests/unit/snap_env.o,tests/unit/snap_model.o
unit-long-y += snap_random_long:$(fake_mm),tests/unit/snap_env.o,tests/unit/snap_model.o
unit-y += snap_race_test:$(fake_mm),tests/unit/snap_env.o
# Pins, contiguous memory, cache policies.
unit-y += vmo_special_test:$(fake_mm)
unit-y += pmm_run_test:$(fake_machine)
unit-y += snap_fail_test:$(fake_mm),tests/unit/snap_env.o
# Discardable VMOs and what happens without memory.
unit-y += reclaim_test:$(fake_mm),tests/unit/reclaim_env.o
unit-y += reclaim_random_test:$(fake_mm),tests/unit/reclaim_env.o
unit-y += procargs_test:user/libzx/procargs.o
# Eviction of pagers' pages.
unit-y += evict_test:$(fake_mm),tests/unit/reclaim_env.o
