/* Classes of characters for libstdc++'s locale headers. */
#ifndef JX_CTYPE_BASE_H
#define JX_CTYPE_BASE_H

namespace std
{
struct ctype_base {
	typedef const int *__to_type;
	typedef unsigned short mask;
	static const mask upper = 1;
	static const mask lower = 2;
	static const mask alpha = 4;
	static const mask digit = 8;
	static const mask xdigit = 16;
	static const mask space = 32;
	static const mask print = 64;
	static const mask cntrl = 128;
	static const mask punct = 256;
	static const mask blank = 512;
	static const mask graph = alpha | digit | punct;
	static const mask alnum = alpha | digit;
};
}

#endif
