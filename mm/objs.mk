obj-y += mm/rtree.o
obj-y += mm/rtree_build.o
obj-y += mm/rtree_gaps.o
obj-y += mm/rtree_place.o
obj-y += mm/rtree_remove.o
obj-$(CONFIG_DEBUG) += mm/rtree_check.o
