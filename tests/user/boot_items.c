/* The boot items that every program can look at: docs/start.md. */
#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/processargs.h>

#include "dev_tree.h"
#include "vm_util.h"

static void expect_only_zero(const void *tree, const char *name)
{
	size_t bytes;
	const uint8_t *seed = dev_tree_property(tree, "/chosen", name, &bytes);

	for (size_t i = 0; i < bytes; i++)
		EXPECT_EQ(seed[i], 0);
}

/* What the kernel's randomness came from is for no program to know. */
JX_TEST(boot_items_hold_the_tree_without_its_seeds)
{
	const void *tree = dev_tree();
	size_t bytes;

	ASSERT_TRUE(tree != NULL);
	EXPECT_TRUE(dev_tree_property(tree, "/", "compatible", &bytes) != NULL);
	EXPECT_TRUE(bytes > 1);
	expect_only_zero(tree, "kaslr-seed");
	expect_only_zero(tree, "rng-seed");
	dev_tree_drop(tree);
}

JX_TEST(boot_items_cannot_be_changed)
{
	zx_handle_t vmo = jx_startup_handle(PA_VMO_BOOTDATA);
	zx_vaddr_t at = 0;
	uint8_t byte = 0;

	ASSERT_TRUE(vmo != ZX_HANDLE_INVALID);
	EXPECT_STATUS(zx_vmo_write(vmo, &byte, 0, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_RW, 0, vmo, 0, PAGE, &at),
		      ZX_ERR_ACCESS_DENIED);
}
