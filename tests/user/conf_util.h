/*
 * Conformance tests, one for each ordered check and each rule of a
 * specification. A test's name begins with its rule's, which tells where that
 * stands:
 *
 *	vmar_5_c12_offset_wraps		spec/vmar.md section 5, check 12
 *	vmar_5_1_r3_leaves_the_ends	section 5.1, third rule
 *	vmar_d10_collision		decision D10 (vmo_v6_...: line V-6)
 *	vmo_4_3_c5_...			spec/vmo.md section 4.3, check 5
 *
 * c is for an ordered check, r for a numbered item, bullet or sentence, in the
 * order in which docs/rules/vmar.txt and docs/rules/vmo.txt list them: a rule
 * must stand there, with its eras, before it can be tested. `scripts/conformance`
 * writes docs/conformance.md from all that and says what does not agree.
 *
 * JX_TEST is for both eras, JX_TEST_OF_2020 and JX_TEST_OF_LATEST for one. A
 * test of a check makes a call that breaks it and a later one, and proves that
 * the call changed nothing.
 */
#ifndef TESTS_CONF_UTIL_H
#define TESTS_CONF_UTIL_H

#include "vm_util.h"

/* What a call gives in the 2020 era, and in the latest. */
static inline zx_status_t conf_era(zx_status_t of_2020, zx_status_t of_latest)
{
	return jx_era() == JX_ERA_2020 ? of_2020 : of_latest;
}

#define CONF_COLLIDES conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_ALREADY_EXISTS)
#define CONF_NO_GAP conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES)
#define CONF_WRAPS conf_era(ZX_ERR_INVALID_ARGS, ZX_ERR_OUT_OF_RANGE)

/* What stands in an output before a call that must leave it. */
#define CONF_UNTOUCHED 0x1234ul

/*
 * One call each. What succeeds is taken away again; what fails must not have
 * written its outputs.
 */
zx_status_t conf_allocate(zx_handle_t parent, zx_vm_option_t options, uint64_t offset,
			  uint64_t size);
zx_status_t conf_map(zx_handle_t vmar, zx_vm_option_t options, uint64_t offset, zx_handle_t vmo,
		     uint64_t vmo_offset, uint64_t len);

/* Maps at page `page` of a VMAR, to stay. */
zx_status_t conf_map_at(zx_handle_t vmar, zx_vm_option_t options, uint64_t page, zx_handle_t vmo,
			uint64_t vmo_page, uint64_t count);

/* ZX_OK if the VMAR lives, BAD_STATE if it was destroyed. */
zx_status_t conf_alive(zx_handle_t vmar);
zx_rights_t conf_rights(zx_handle_t handle);
zx_koid_t conf_koid(zx_handle_t handle);
zx_info_vmar_t conf_range(zx_handle_t vmar);

/*
 * A process that was never started, for topics that tell of one: four pages of
 * which three are there, mapped RW from the second on.
 */
struct conf_subject {
	zx_handle_t process;
	zx_handle_t vmar;
	zx_handle_t vmo;
};

bool conf_subject_make(struct conf_subject *s);
void conf_subject_drop(struct conf_subject *s);
/* A field of a record that is read byte by byte. */
uint64_t conf_word(const uint8_t *record, size_t offset);

/* A sum over all that is listed of an area: other if anything has changed. */
uint64_t conf_state(const struct vm_area *a);
/* The call fails with this status, and the area is what it was. */
#define CONF_FAILS(area, call, wanted) \
	do { \
		uint64_t conf_before = conf_state(area); \
		\
		EXPECT_STATUS(call, wanted); \
		EXPECT_EQ(conf_state(area), conf_before); \
	} while (0)

#endif
