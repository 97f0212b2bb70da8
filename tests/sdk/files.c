/* Files as a program of the kit sees them: records and positions are the library's. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_size(const char *path, off_t size)
{
	struct stat by_name, by_number;
	int fd = open(path, O_RDONLY);

	memset(&by_name, 0x55, sizeof(by_name));
	memset(&by_number, 0x55, sizeof(by_number));
	assert(stat(path, &by_name) == 0 && fstat(fd, &by_number) == 0);
	assert(S_ISREG(by_name.st_mode) && S_ISREG(by_number.st_mode));
	assert(by_name.st_size == size && by_number.st_size == size);
	assert(by_name.st_blksize == 4096 && by_name.st_mtime == 0);
	assert(lseek(fd, 0, SEEK_END) == size);
	close(fd);
}

int main(void)
{
	FILE *file = fopen("/made", "w+");
	char word[4] = "";
	fpos_t here;

	assert(fputs("abcdef", file) >= 0 && fflush(file) == 0);
	check_size("/made", 6);
	assert(fseek(file, 2, SEEK_SET) == 0 && fgetpos(file, &here) == 0);
	assert(fread(word, 1, 3, file) == 3 && strcmp(word, "cde") == 0);
	assert(fsetpos(file, &here) == 0 && fgetc(file) == 'c');
	fclose(file);
	puts("files are right");
	return 0;
}
