/*
 * FP and SIMD registers belong to the thread: all 32, and FPCR and FPSR, keep
 * their values while threads take turns on the CPUs, and begin at zero.
 */
#include <stdint.h>
#include <string.h>

#include <jx/ktap.h>
#include <jx/thread.h>
#include <zircon/syscalls.h>

#include <syscall_numbers.h>

#define THREADS 12
#define ROUNDS 300
#define REGISTERS 32
#define FPCR_DN (1u << 25)	/* a bit that every CPU has, to tell threads apart */

struct image {
	uint64_t v[REGISTERS][2];
};

static uint32_t wrong_count[THREADS];

/*
 * Loads v0-v31 from `in`, gives up the CPU in a system call that is made from
 * here, so that no compiled code touches the registers, and stores them to
 * `out`.
 */
static void through_a_switch(const struct image *in, struct image *out)
{
	register uint64_t number __asm__("x16") = SYS_nanosleep;
	register uint64_t deadline __asm__("x0") = 0;
	const struct image *from = in;
	struct image *to = out;

	__asm__ volatile(
		"ld1 {v0.2d-v3.2d}, [%[from]], #64; ld1 {v4.2d-v7.2d}, [%[from]], #64\n\t"
		"ld1 {v8.2d-v11.2d}, [%[from]], #64; ld1 {v12.2d-v15.2d}, [%[from]], #64\n\t"
		"ld1 {v16.2d-v19.2d}, [%[from]], #64; ld1 {v20.2d-v23.2d}, [%[from]], #64\n\t"
		"ld1 {v24.2d-v27.2d}, [%[from]], #64; ld1 {v28.2d-v31.2d}, [%[from]], #64\n\t"
		"svc #0\n\t"
		"st1 {v0.2d-v3.2d}, [%[to]], #64; st1 {v4.2d-v7.2d}, [%[to]], #64\n\t"
		"st1 {v8.2d-v11.2d}, [%[to]], #64; st1 {v12.2d-v15.2d}, [%[to]], #64\n\t"
		"st1 {v16.2d-v19.2d}, [%[to]], #64; st1 {v20.2d-v23.2d}, [%[to]], #64\n\t"
		"st1 {v24.2d-v27.2d}, [%[to]], #64; st1 {v28.2d-v31.2d}, [%[to]], #64\n\t"
		: [from] "+r"(from), [to] "+r"(to), "+r"(deadline)
		: "r"(number)
		: "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",
		  "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
		  "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

static uint64_t read_fpcr(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, fpcr" : "=r"(value));
	return value;
}

static int keep_registers(void *arg)
{
	uintptr_t me = (uintptr_t)arg;
	uint64_t fpcr = me % 2 ? FPCR_DN : 0;
	struct image in, out;

	if (read_fpcr() != 0)
		wrong_count[me]++;
	__asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < REGISTERS; i++) {
			in.v[i][0] = (me << 32) + round * REGISTERS + i;
			in.v[i][1] = ~in.v[i][0];
		}
		through_a_switch(&in, &out);
		if (memcmp(&in, &out, sizeof(in)) != 0 || read_fpcr() != fpcr)
			wrong_count[me]++;
	}
	return 0;
}

JX_TEST(fp_registers_belong_to_the_thread)
{
	struct jx_thread threads[THREADS];
	unsigned int started = 0;

	memset(wrong_count, 0, sizeof(wrong_count));
	while (started < THREADS &&
	       EXPECT_STATUS(jx_thread_create(&threads[started], "fp", keep_registers,
					      (void *)(uintptr_t)started),
			     ZX_OK))
		started++;
	for (unsigned int i = 0; i < started; i++)
		EXPECT_STATUS(jx_thread_join(&threads[i], NULL), ZX_OK);
	for (unsigned int i = 0; i < started; i++)
		EXPECT_EQ(wrong_count[i], 0);
	EXPECT_EQ(started, THREADS);
}
