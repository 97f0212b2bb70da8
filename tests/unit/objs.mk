unit-y += rtree_test:mm/rtree.o,mm/rtree_build.o,mm/rtree_gaps.o,mm/rtree_place.o,mm/rtree_remove.o,mm/rtree_check.o,tests/unit/rtree_model.o,tests/unit/tree_env.o
unit-y += ptree_test:mm/ptree.o,mm/ptree_remove.o,mm/ptree_check.o,tests/unit/tree_env.o
