/*
 * See <kernel/string.h>. Loops by bytes: what is compared here is short.
 */
#include <kernel/string.h>
#include <kernel/types.h>

/* The compiler would turn a plain loop into a call of the very function that
 * it stands in; it does not see through this. */
#define OPAQUE(p) __asm__("" : "+r"(p))

int memcmp(const void *a, const void *b, size_t bytes)
{
	const u8 *x = a, *y = b;

	for (; bytes > 0; bytes--, x++, y++) {
		OPAQUE(x);
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

void *memchr(const void *s, int byte, size_t bytes)
{
	const u8 *p = s;

	for (; bytes > 0; bytes--, p++) {
		OPAQUE(p);
		if (*p == (u8)byte)
			return (void *)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p != '\0') {
		p++;
		OPAQUE(p);
	}
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	const char *p = s;

	while (max-- > 0 && *p != '\0') {
		p++;
		OPAQUE(p);
	}
	return (size_t)(p - s);
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (; max > 0; max--, a++, b++) {
		OPAQUE(a);
		if (*a != *b || *a == '\0')
			return (u8)*a - (u8)*b;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
		OPAQUE(a);
	}
	return (u8)*a - (u8)*b;
}

char *strcpy(char *dst, const char *src)
{
	memcpy(dst, src, strlen(src) + 1);
	OPAQUE(dst);
	return dst;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		OPAQUE(s);
		if (*s == (char)c)
			return (char *)s;
		if (*s == '\0')
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		OPAQUE(s);
		if (*s == (char)c)
			found = s;
		if (*s == '\0')
			return (char *)found;
	}
}

static u32 digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	if (c >= 'a' && c <= 'z')
		return (u32)(c - 'a') + 10;
	if (c >= 'A' && c <= 'Z')
		return (u32)(c - 'A') + 10;
	return 36;
}

unsigned long strtoul(const char *s, char **end, int base)
{
	unsigned long value = 0;

	if (base == 16 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (; digit_value(*s) < (u32)base; s++)
		value = value * (unsigned long)base + digit_value(*s);
	if (end)
		*end = (char *)s;
	return value;
}
