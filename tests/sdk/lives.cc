/*
 * When objects begin and end: statics, function-local statics, thread storage.
 * Prints one line for each step; the test knows the order.
 */
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include <threads.h>

struct Loud {
	explicit Loud(const char *text) : name(text) { std::printf("begin %s\n", name); }
	~Loud() { std::printf("end %s\n", name); }
	const char *name;
};

static Loud first("first");
static Loud second("second");
static thread_local Loud in_thread("in thread");

/* Made by one of many threads that come at the same time. */
struct Slow {
	Slow() { made++; thrd_yield(); ready = true; }
	static inline std::atomic<int> made{ 0 };
	std::atomic<bool> ready{ false };
};

static Slow &only_one()
{
	static Slow slow;

	return slow;
}

static void come_at_once()
{
	std::mutex mutex;
	std::condition_variable all_here;
	std::vector<std::thread> threads;
	std::atomic<int> ready{ 0 };
	int here = 0;

	for (int i = 0; i < 8; i++) {
		threads.emplace_back([&] {
			std::unique_lock lock(mutex);

			if (++here == 8)
				all_here.notify_all();
			all_here.wait(lock, [&] { return here == 8; });
			lock.unlock();
			ready += only_one().ready;
		});
	}
	for (auto &thread : threads)
		thread.join();
	std::printf("made %d, ready %d\n", Slow::made.load(), ready.load());
}

static void call_once_in_std()
{
	std::once_flag flag;
	int calls = 0;

	for (int i = 0; i < 3; i++)
		std::call_once(flag, [&] { calls++; });
	std::printf("called %d\n", calls);
}

static void wait_for_a_while()
{
	std::mutex mutex;
	std::condition_variable never;
	std::unique_lock lock(mutex);
	auto before = std::chrono::steady_clock::now();
	bool told = never.wait_for(lock, std::chrono::milliseconds(2), [] { return false; });
	auto waited = std::chrono::steady_clock::now() - before;

	std::printf("told %d, long enough %d\n", told, waited >= std::chrono::milliseconds(2));
}

int main()
{
	come_at_once();
	call_once_in_std();
	wait_for_a_while();
	std::thread([] { std::printf("in %s\n", in_thread.name); }).join();
	std::atexit([] { std::puts("at exit"); });
	return 0;
}
