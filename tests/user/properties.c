/* Properties, children, signals of objects (tasks.md 4). */
#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define BAD_POINTER ((void *)8)

JX_TEST(property_name_is_cut_and_zero_filled)
{
	char name[ZX_MAX_NAME_LEN], longer[40];
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	memset(name, 'x', sizeof(name));
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	for (size_t i = 0; i < sizeof(name); i++)
		EXPECT_EQ(name[i], 0);
	memset(longer, 'a', sizeof(longer));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, longer, sizeof(longer)), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	EXPECT_EQ(strnlen(name, sizeof(name)), ZX_MAX_NAME_LEN - 1);
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "ab\0cd", 5), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	EXPECT_TRUE(memcmp(name, "ab\0\0\0\0", 6) == 0);
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "", 0), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	EXPECT_EQ(name[0], 0);
	zx_handle_close(vmo);
}

JX_TEST(property_errors_in_order)
{
	char name[ZX_MAX_NAME_LEN];
	zx_handle_t event, bare;
	uint64_t word = 5;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_NONE, &bare), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(0, ZX_PROP_NAME, NULL, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_property(0, ZX_PROP_NAME, name, 32), ZX_ERR_BAD_HANDLE);
	/* Events have no property right at all. */
	EXPECT_STATUS(zx_object_get_property(event, ZX_PROP_NAME, name, 32), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_set_property(event, ZX_PROP_NAME, "a", 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), 999, name, 32),
		      jx_era() == JX_ERA_LATEST ? ZX_ERR_NOT_SUPPORTED : ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_set_property(zx_process_self(), 999, name, 32),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), ZX_PROP_NAME, name, 31),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), ZX_PROP_NAME, BAD_POINTER, 32),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_set_property(zx_process_self(), ZX_PROP_NAME, BAD_POINTER, 1),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), ZX_PROP_VMO_CONTENT_SIZE, &word, 7),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), ZX_PROP_VMO_CONTENT_SIZE, &word, 8),
		      ZX_ERR_WRONG_TYPE);
	zx_handle_close(event);
	zx_handle_close(bare);
}

JX_TEST_OF_2020(property_content_size_only_stores)
{
	zx_handle_t vmo;
	uint64_t word = 5;

	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &word, 8), ZX_OK);
	EXPECT_EQ(word, 0);
	word = 1ul << 40;
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &word, 8), ZX_OK);
	word = 0;
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &word, 8), ZX_OK);
	EXPECT_EQ(word, 1ul << 40);
	zx_handle_close(vmo);
}

JX_TEST(signal_rules)
{
	zx_handle_t event, vmo, port;
	zx_signals_t seen = 0;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_ALL), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_signal(event, ZX_SIGNAL_HANDLE_CLOSED, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_signal(vmo, 0, ZX_VMO_ZERO_CHILDREN), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_signal(vmo, 0, ZX_USER_SIGNAL_3), ZX_OK);
	EXPECT_STATUS(zx_object_signal(port, 0, ZX_USER_SIGNAL_3), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_signal(0, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_signal_peer(event, 0, 0), ZX_ERR_ACCESS_DENIED);
	/* Clear, then set, as one step. */
	EXPECT_STATUS(zx_object_signal(event, ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED,
				       ZX_USER_SIGNAL_1), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(event, ZX_USER_SIGNAL_1, 0, &seen), ZX_OK);
	EXPECT_EQ(seen, ZX_USER_SIGNAL_1);
	EXPECT_STATUS(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, &seen), ZX_OK);
	EXPECT_EQ(seen, ZX_VMO_ZERO_CHILDREN | ZX_USER_SIGNAL_3);
	EXPECT_STATUS(zx_event_create(1, &event), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_event_create(0, NULL), ZX_ERR_INVALID_ARGS);
	zx_handle_close(event);
	zx_handle_close(vmo);
	zx_handle_close(port);
}

JX_TEST(get_child_finds_processes_and_threads)
{
	zx_info_handle_basic_t process, thread, info;
	zx_handle_t job = zx_job_default(), child = 0;

	ASSERT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_BASIC, &process,
					 sizeof(process), NULL, NULL), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(zx_thread_self(), ZX_INFO_HANDLE_BASIC, &thread,
					 sizeof(thread), NULL, NULL), ZX_OK);
	EXPECT_STATUS(zx_object_get_child(0, 1, 0, &child), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_get_child(zx_vmar_root_self(), 1, 0, &child),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_child(job, process.koid, ZX_RIGHT_MAP, &child),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_child(job, thread.koid, 0, &child), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_object_get_child(job, process.koid, ZX_RIGHT_INSPECT, NULL),
		      ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_object_get_child(job, process.koid, ZX_RIGHT_SAME_RIGHTS, &child), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(child, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(info.koid, process.koid);
	EXPECT_EQ(info.rights, ZX_DEFAULT_JOB_RIGHTS);
	zx_handle_close(child);
	ASSERT_STATUS(zx_object_get_child(zx_process_self(), thread.koid, ZX_RIGHT_INSPECT, &child),
		      ZX_OK);
	EXPECT_STATUS(zx_object_get_child(child, 1, 0, &child), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(child);
}
