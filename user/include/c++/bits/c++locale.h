/* The one locale that libstdc++ sees: "C". */
#ifndef _GLIBCXX_CXX_LOCALE_H
#define _GLIBCXX_CXX_LOCALE_H 1

#include <clocale>
#include <cstdarg>
#include <cstdio>

#define _GLIBCXX_NUM_CATEGORIES 0

namespace std
{
typedef int *__c_locale;

inline int __convert_from_v(const __c_locale &, char *out, const int size, const char *format, ...)
{
	va_list list;
	int count;

	va_start(list, format);
	count = vsnprintf(out, static_cast<size_t>(size), format, list);
	va_end(list);
	return count;
}
}

#endif
