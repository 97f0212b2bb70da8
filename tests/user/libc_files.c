/* Files of the C library: the initrd's to read, a program's own in memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jx/initrd.h>
#include <jx/ktap.h>

JX_TEST(libc_initrd_files_can_be_read_alone)
{
	struct jx_file file;
	struct stat found;
	char bytes[16];
	FILE *stream;

	ASSERT_STATUS(jx_initrd_find("bin/init", &file), ZX_OK);
	stream = fopen("/bin/init", "rb");
	ASSERT_TRUE(stream);
	EXPECT_EQ(fseek(stream, 4, SEEK_SET), 0);
	EXPECT_EQ(fread(bytes, 1, sizeof(bytes), stream), sizeof(bytes));
	EXPECT_EQ(memcmp(bytes, file.data + 4, sizeof(bytes)), 0);
	EXPECT_EQ(fseek(stream, 0, SEEK_END), 0);
	EXPECT_EQ(ftell(stream), file.size);
	EXPECT_EQ(fgetc(stream), EOF);
	EXPECT_EQ(fclose(stream), 0);
	ASSERT_EQ(stat("bin/init", &found), 0);
	EXPECT_EQ(found.st_size, file.size);
	EXPECT_TRUE(!fopen("bin/init", "r+"));
	EXPECT_EQ(errno, EROFS);
	EXPECT_EQ(unlink("bin/init"), -1);
	EXPECT_EQ(access("bin/init", W_OK), -1);
	EXPECT_TRUE(!fopen("bin", "r"));
	EXPECT_EQ(errno, EISDIR);
	EXPECT_TRUE(!fopen("no such file", "r"));
	EXPECT_EQ(errno, ENOENT);
}

JX_TEST(libc_own_files_live_in_memory)
{
	char line[32] = "";
	struct stat found;
	FILE *stream = fopen("/tmp/own", "w+");

	ASSERT_TRUE(stream);
	EXPECT_EQ(fprintf(stream, "%s %d\n", "line", 1), 7);
	EXPECT_EQ(fflush(stream), 0);
	rewind(stream);
	EXPECT_TRUE(fgets(line, sizeof(line), stream));
	EXPECT_EQ(strcmp(line, "line 1\n"), 0);
	EXPECT_EQ(fclose(stream), 0);
	stream = fopen("tmp/own", "a");
	ASSERT_TRUE(stream);
	EXPECT_TRUE(fputs("more", stream) >= 0);
	EXPECT_EQ(fclose(stream), 0);
	ASSERT_EQ(stat("/tmp/own", &found), 0);
	EXPECT_EQ(found.st_size, 11);
	EXPECT_EQ(rename("/tmp/own", "/tmp/other"), 0);
	EXPECT_EQ(access("/tmp/own", R_OK), -1);
	EXPECT_EQ(remove("/tmp/other"), 0);
	EXPECT_EQ(access("/tmp/other", R_OK), -1);
}

JX_TEST(libc_descriptors_keep_a_file_without_a_name)
{
	char bytes[8] = "";
	int fd = open("hole", O_RDWR | O_CREAT | O_EXCL, 0600);

	ASSERT_TRUE(fd > 2);
	EXPECT_EQ(open("hole", O_RDWR | O_CREAT | O_EXCL, 0600), -1);
	EXPECT_EQ(errno, EEXIST);
	EXPECT_EQ(unlink("hole"), 0);
	EXPECT_EQ(lseek(fd, 100000, SEEK_SET), 100000);
	EXPECT_EQ(write(fd, "end", 3), 3);
	EXPECT_EQ(lseek(fd, -6, SEEK_CUR), 99997);
	EXPECT_EQ(read(fd, bytes, sizeof(bytes)), 6);
	EXPECT_EQ(memcmp(bytes, "\0\0\0end", 6), 0);
	EXPECT_EQ(ftruncate(fd, 2), 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_END), 2);
	EXPECT_EQ(close(fd), 0);
	EXPECT_EQ(close(fd), -1);
	EXPECT_EQ(errno, EBADF);
}
