/*
 * memcpy, memmove, memset against loops by bytes: all short sizes, some long
 * ones, all alignments of both ends, and nothing written outside.
 */
#include <kernel/ktest.h>
#include <kernel/string.h>

#define ROOM 512

static u8 source[ROOM], got[ROOM], want[ROOM];

static const u16 sizes[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 47, 48, 63, 64,
	65, 79, 95, 96, 127, 128, 129, 191, 192, 200, 255, 256, 300,
};

static void fill(void)
{
	u32 i;

	for (i = 0; i < ROOM; i++) {
		source[i] = (u8)(i * 7 + 1);
		got[i] = want[i] = (u8)(0xa0 + i);
	}
}

static u32 differences(void)
{
	u32 i, count = 0;

	for (i = 0; i < ROOM; i++)
		count += got[i] != want[i];
	return count;
}

static void copy_bytes_up(u8 *to, const u8 *from, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		__asm__ volatile("" : : : "memory");
		to[i] = from[i];
	}
}

static void copy_bytes_down(u8 *to, const u8 *from, u32 n)
{
	while (n-- > 0) {
		__asm__ volatile("" : : : "memory");
		to[n] = from[n];
	}
}

KTEST(string_memcpy)
{
	u32 s, from, to;

	for (s = 0; s < ARRAY_SIZE(sizes); s++)
		for (from = 0; from < 9; from++)
			for (to = 16; to < 25; to++) {
				fill();
				memcpy(got + to, source + from, sizes[s]);
				copy_bytes_up(want + to, source + from,
					      sizes[s]);
				KEXPECT_EQ(t, differences(), 0);
			}
}

KTEST(string_memmove_overlaps)
{
	static const int distances[] = {
		-100, -64, -63, -33, -17, -8, -7, -1, 0, 1, 3, 8, 9, 16, 31,
		32, 63, 64, 65, 100,
	};
	u32 s, d;

	for (s = 0; s < ARRAY_SIZE(sizes); s++)
		for (d = 0; d < ARRAY_SIZE(distances); d++) {
			u8 *from = got + 104;
			u8 *want_from = want + 104;

			fill();
			memmove(from + distances[d], from, sizes[s]);
			if (distances[d] > 0)
				copy_bytes_down(want_from + distances[d],
						want_from, sizes[s]);
			else
				copy_bytes_up(want_from + distances[d],
					      want_from, sizes[s]);
			KEXPECT_EQ(t, differences(), 0);
		}
}

KTEST(string_memset)
{
	u32 s, to, i;

	for (s = 0; s < ARRAY_SIZE(sizes); s++)
		for (to = 16; to < 25; to++) {
			fill();
			memset(got + to, 0x1c5, sizes[s]);
			for (i = 0; i < sizes[s]; i++) {
				__asm__ volatile("" : : : "memory");
				want[to + i] = 0xc5;
			}
			KEXPECT_EQ(t, differences(), 0);
		}
}

/* Long enough for DC ZVA: nothing but the range, from any place to any place. */
KTEST(string_memset_zero_blocks)
{
	static u8 area[2048];
	u32 to, size, i, bad;

	for (to = 64; to < 130; to += 3)
		for (size = 500; size < 1500; size += 37) {
			for (i = 0; i < sizeof(area); i++)
				area[i] = 0x77;
			memset(area + to, 0, size);
			for (i = 0, bad = 0; i < sizeof(area); i++)
				bad += area[i] != (i - to < size ? 0 : 0x77);
			KEXPECT_EQ(t, bad, 0);
		}
}

KTEST(string_compare_and_search)
{
	KEXPECT_EQ(t, memcmp("abc", "abd", 2), 0);
	KEXPECT_TRUE(t, memcmp("abc", "ab\xff", 3) < 0);
	KEXPECT_EQ(t, strlen("four"), 4);
	KEXPECT_EQ(t, strnlen("four", 3), 3);
	KEXPECT_TRUE(t, strcmp("a", "ab") < 0);
	KEXPECT_EQ(t, strncmp("abx", "aby", 2), 0);
	KEXPECT_EQ(t, strtoul("0x1fz", NULL, 16), 0x1f);
	KEXPECT_TRUE(t, memchr("abc", 'd', 3) == NULL);
	KEXPECT_EQ(t, *strchr("a,b,c", ','), ',');
	KEXPECT_EQ(t, strlen(strrchr("a,b,cd", ',')), 3);
}
