/*
 * The string functions that the compiler and libfdt call by these names, as
 * the C standard says. memcpy, memmove, memset: arch/<arch>/string.S; they and
 * memcmp want normal memory, not device registers.
 */
#ifndef KERNEL_STRING_H
#define KERNEL_STRING_H

#include <kernel/types.h>

void *memcpy(void *dst, const void *src, size_t bytes);
void *memmove(void *dst, const void *src, size_t bytes);
void *memset(void *dst, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
void *memchr(const void *s, int byte, size_t bytes);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
/* For constant text that the caller knows to fit. */
char *strcpy(char *dst, const char *src);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
/* Base 2 to 36, no sign, no overflow check: libfdt's address parser. */
unsigned long strtoul(const char *s, char **end, int base);

#endif
