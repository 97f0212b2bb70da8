/*
 * Where libstdc++'s templates would throw: without exceptions, the program
 * ends with a sentence.
 */
#include <bits/functexcept.h>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <exception>

static std::terminate_handler when_ending = std::abort;

std::terminate_handler std::set_terminate(std::terminate_handler next) noexcept
{
	return __atomic_exchange_n(&when_ending, next, __ATOMIC_ACQ_REL);
}

std::terminate_handler std::get_terminate() noexcept
{
	return __atomic_load_n(&when_ending, __ATOMIC_ACQUIRE);
}

void std::terminate() noexcept
{
	std::get_terminate()();
	std::abort();
}

[[noreturn]] static void end(const char *kind, const char *what)
{
	std::fprintf(stderr, "%s: %s\n", kind, what);
	std::terminate();
}

namespace std
{

void __throw_bad_exception()
{
	end("std::bad_exception", "thrown");
}

void __throw_bad_alloc()
{
	end("std::bad_alloc", "no memory");
}

void __throw_bad_array_new_length()
{
	end("std::bad_array_new_length", "an array is too long");
}

void __throw_bad_cast()
{
	end("std::bad_cast", "thrown");
}

void __throw_bad_typeid()
{
	end("std::bad_typeid", "thrown");
}

void __throw_logic_error(const char *what)
{
	end("std::logic_error", what);
}

void __throw_domain_error(const char *what)
{
	end("std::domain_error", what);
}

void __throw_invalid_argument(const char *what)
{
	end("std::invalid_argument", what);
}

void __throw_length_error(const char *what)
{
	end("std::length_error", what);
}

void __throw_out_of_range(const char *what)
{
	end("std::out_of_range", what);
}

void __throw_out_of_range_fmt(const char *format, ...)
{
	char what[256];
	va_list list;

	va_start(list, format);
	std::vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	end("std::out_of_range", what);
}

void __throw_runtime_error(const char *what)
{
	end("std::runtime_error", what);
}

void __throw_range_error(const char *what)
{
	end("std::range_error", what);
}

void __throw_overflow_error(const char *what)
{
	end("std::overflow_error", what);
}

void __throw_underflow_error(const char *what)
{
	end("std::underflow_error", what);
}

void __throw_system_error(int error)
{
	char what[32];

	std::snprintf(what, sizeof(what), "error %d", error);
	end("std::system_error", what);
}

void __throw_bad_function_call()
{
	end("std::bad_function_call", "an empty function was called");
}

void __throw_future_error(int error)
{
	char what[32];

	std::snprintf(what, sizeof(what), "error %d", error);
	end("std::future_error", what);
}

}
