/* C's file positions, which picolibc declares and does not have. */
#include <stdio.h>

int fgetpos(FILE *stream, fpos_t *position)
{
	*position = ftell(stream);
	return *position < 0 ? -1 : 0;
}

/* The declaration is picolibc's: C's position is const. */
int fsetpos(FILE *stream, fpos_t *position)
{
	return fseek(stream, (long)*position, SEEK_SET);
}
