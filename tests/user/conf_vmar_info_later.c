/* Topics on address spaces that came later: spec/vmar.md 13.3 and 13.4. */
#include "conf_util.h"

#define VMAR_MAPS 36u
#define MAPS_V1 0x1000000du
#define MAPS_V2 0x2000000du

/* VMAR_MAPS came with the longest record and has it wherever it is. */
#define VMAR_MAPS_RECORD 152

JX_TEST(vmar_13_3_r1_vmar_maps_begins_with_the_vmar)
{
	uint8_t records[3 * VMAR_MAPS_RECORD];
	size_t actual = 0, avail = 0;
	struct conf_subject s;

	ASSERT_TRUE(conf_subject_make(&s));
	ASSERT_STATUS(zx_object_get_info(s.vmar, VMAR_MAPS, records, sizeof(records), &actual,
					 &avail), ZX_OK);
	EXPECT_TRUE(actual == 2 && avail == 2);
	EXPECT_EQ(conf_word(records, 32), conf_range(s.vmar).base);
	EXPECT_EQ(conf_word(records, 48), 0);
	EXPECT_EQ(conf_word(records, 56), ZX_INFO_MAPS_TYPE_VMAR);
	EXPECT_EQ(conf_word(records + VMAR_MAPS_RECORD, 32), conf_range(s.vmar).base + PAGE);
	EXPECT_EQ(conf_word(records + VMAR_MAPS_RECORD, 48), 1);
	EXPECT_EQ(conf_word(records + VMAR_MAPS_RECORD, 56), ZX_INFO_MAPS_TYPE_MAPPING);
	conf_subject_drop(&s);
}

JX_TEST(vmar_13_3_r2_vmar_maps_of_the_dead_and_the_empty)
{
	uint8_t records[3 * VMAR_MAPS_RECORD];
	size_t actual = 9, avail = 9;
	zx_handle_t process, root, bare;
	struct vm_area a;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "empty", 5, 0, &process, &root), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(root, VMAR_MAPS, NULL, 0, &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 0 && avail == 1);
	bare = vm_dup(root, ZX_RIGHT_READ);
	EXPECT_STATUS(zx_object_get_info(bare, VMAR_MAPS, NULL, 0, &actual, &avail),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_info(process, VMAR_MAPS, NULL, 0, &actual, &avail),
		      ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	zx_handle_close(process);
	EXPECT_STATUS(zx_object_get_info(root, VMAR_MAPS, NULL, 0, NULL, NULL), ZX_ERR_BAD_STATE);
	zx_handle_close(root);
	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(a.vmar, VMAR_MAPS, NULL, 0, NULL, NULL),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_object_get_info(a.vmar, VMAR_MAPS, records, sizeof(records), NULL, NULL),
		      ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_13_4_r1_version_1_of_process_maps)
{
	uint8_t records[3 * 104];
	struct conf_subject s;
	size_t actual = 0;

	ASSERT_TRUE(conf_subject_make(&s));
	ASSERT_STATUS(zx_object_get_info(s.process, MAPS_V1, records, sizeof(records), &actual,
					 NULL), ZX_OK);
	ASSERT_EQ(actual, 3);
	EXPECT_EQ(conf_word(records + 2 * 104, 64 + 8), conf_koid(s.vmo));
	EXPECT_EQ(conf_word(records + 2 * 104, 64 + 16), PAGE);
	EXPECT_EQ(conf_word(records + 2 * 104, 64 + 24), 2);
	EXPECT_EQ(conf_word(records + 2 * 104, 64 + 32), 2);
	conf_subject_drop(&s);
}

JX_TEST_OF_LATEST(vmar_13_4_r1_version_2_of_process_maps)
{
	uint8_t records[3 * 152];
	struct conf_subject s;
	size_t actual = 0;

	ASSERT_TRUE(conf_subject_make(&s));
	ASSERT_STATUS(zx_object_get_info(s.process, MAPS_V2, records, sizeof(records), &actual,
					 NULL), ZX_OK);
	ASSERT_EQ(actual, 3);
	EXPECT_EQ(conf_word(records + 2 * 152, 64 + 8), conf_koid(s.vmo));
	/* Committed and populated: bytes, private, scaled, and its fraction. */
	EXPECT_EQ(conf_word(records + 2 * 152, 64 + 24), 2 * PAGE);
	EXPECT_EQ(conf_word(records + 2 * 152, 64 + 32), 2 * PAGE);
	EXPECT_EQ(conf_word(records + 2 * 152, 64 + 40), 2 * PAGE);
	EXPECT_EQ(conf_word(records + 2 * 152, 64 + 48), 2 * PAGE);
	EXPECT_EQ(conf_word(records + 2 * 152, 64 + 56), 2 * PAGE);
	EXPECT_EQ(conf_word(records + 2 * 152, 64 + 72), 0);
	conf_subject_drop(&s);
}
