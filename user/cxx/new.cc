/*
 * operator new and delete over malloc(). Without exceptions the forms that
 * must not answer null end the program with a sentence.
 */
#include <cstdio>
#include <cstdlib>
#include <new>

const std::nothrow_t std::nothrow{};

/*
 * Constructed before anything of ours can run; exchanged with full order, as
 * set_new_handler() may be called from many threads.
 */
static std::new_handler handler;

std::new_handler std::set_new_handler(std::new_handler next) noexcept
{
	return __atomic_exchange_n(&handler, next, __ATOMIC_ACQ_REL);
}

std::new_handler std::get_new_handler() noexcept
{
	return __atomic_load_n(&handler, __ATOMIC_ACQUIRE);
}

static void *allocate(std::size_t size, std::size_t align)
{
	if (size == 0)
		size = 1;
	if (align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__)
		return std::malloc(size);
	if (size > SIZE_MAX - align)
		return nullptr;
	return aligned_alloc(align, (size + align - 1) & ~(align - 1));
}

/* Asks the handler for memory until there is some, or there is no handler. */
static void *allocate_or_null(std::size_t size, std::size_t align)
{
	for (;;) {
		void *memory = allocate(size, align);
		std::new_handler ask = std::get_new_handler();

		if (memory || !ask)
			return memory;
		ask();
	}
}

static void *allocate_or_end(std::size_t size, std::size_t align)
{
	void *memory = allocate_or_null(size, align);

	if (memory)
		return memory;
	std::fprintf(stderr, "operator new: no memory for %zu bytes\n", size);
	std::abort();
}

static constexpr std::size_t plain = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

static std::size_t bytes_of(std::align_val_t align)
{
	return static_cast<std::size_t>(align);
}

void *operator new(std::size_t size)
{
	return allocate_or_end(size, plain);
}

void *operator new[](std::size_t size)
{
	return allocate_or_end(size, plain);
}

void *operator new(std::size_t size, std::align_val_t align)
{
	return allocate_or_end(size, bytes_of(align));
}

void *operator new[](std::size_t size, std::align_val_t align)
{
	return allocate_or_end(size, bytes_of(align));
}

void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
	return allocate_or_null(size, plain);
}

void *operator new[](std::size_t size, const std::nothrow_t &) noexcept
{
	return allocate_or_null(size, plain);
}

void *operator new(std::size_t size, std::align_val_t align, const std::nothrow_t &) noexcept
{
	return allocate_or_null(size, bytes_of(align));
}

void *operator new[](std::size_t size, std::align_val_t align, const std::nothrow_t &) noexcept
{
	return allocate_or_null(size, bytes_of(align));
}

void operator delete(void *memory) noexcept
{
	std::free(memory);
}

void operator delete[](void *memory) noexcept
{
	std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept
{
	std::free(memory);
}

void operator delete[](void *memory, std::size_t) noexcept
{
	std::free(memory);
}

void operator delete(void *memory, std::align_val_t) noexcept
{
	std::free(memory);
}

void operator delete[](void *memory, std::align_val_t) noexcept
{
	std::free(memory);
}

void operator delete(void *memory, std::size_t, std::align_val_t) noexcept
{
	std::free(memory);
}

void operator delete[](void *memory, std::size_t, std::align_val_t) noexcept
{
	std::free(memory);
}

void operator delete(void *memory, const std::nothrow_t &) noexcept
{
	std::free(memory);
}

void operator delete[](void *memory, const std::nothrow_t &) noexcept
{
	std::free(memory);
}

void operator delete(void *memory, std::align_val_t, const std::nothrow_t &) noexcept
{
	std::free(memory);
}

void operator delete[](void *memory, std::align_val_t, const std::nothrow_t &) noexcept
{
	std::free(memory);
}
