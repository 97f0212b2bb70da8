/*
 * The parts of std::thread, std::condition_variable, std::call_once, the clocks
 * and std::shared_ptr that libstdc++ does not have in its headers.
 */
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include <zircon/syscalls.h>

static int run(void *argument)
{
	std::unique_ptr<std::thread::_State> state(static_cast<std::thread::_State *>(argument));

	state->_M_run();
	return 0;
}

namespace std
{

thread::_State::~_State() = default;

void thread::_M_start_thread(_State_ptr state, void (*)())
{
	_State *raw = state.release();

	/* The new thread owns the state from here on. */
	if (thrd_create(&_M_id._M_thread, run, raw) != thrd_success) {
		delete raw;
		__throw_system_error(EAGAIN);
	}
}

void thread::join()
{
	if (!joinable() || __gthread_join(_M_id._M_thread, nullptr) != 0)
		__throw_system_error(EINVAL);
	_M_id = id();
}

void thread::detach()
{
	if (!joinable() || __gthread_detach(_M_id._M_thread) != 0)
		__throw_system_error(EINVAL);
	_M_id = id();
}

unsigned int thread::hardware_concurrency() noexcept
{
	return zx_system_get_num_cpus();
}

condition_variable::condition_variable() noexcept = default;
condition_variable::~condition_variable() noexcept = default;

void condition_variable::wait(unique_lock<mutex> &lock)
{
	_M_cond.wait(*lock.mutex());
}

void condition_variable::notify_one() noexcept
{
	_M_cond.notify_one();
}

void condition_variable::notify_all() noexcept
{
	_M_cond.notify_all();
}

/* Without type information no two types are known to be the same. */
bool _Sp_make_shared_tag::_S_eq(const type_info &) noexcept
{
	return false;
}

__thread void *__once_callable;
__thread void (*__once_call)();

extern "C" void __once_proxy()
{
	__once_call();
}

namespace chrono
{
inline namespace _V2
{

system_clock::time_point system_clock::now() noexcept
{
	return time_point(nanoseconds(zx_clock_get_monotonic()));
}

steady_clock::time_point steady_clock::now() noexcept
{
	return time_point(nanoseconds(zx_clock_get_monotonic()));
}

}
}
}
