/* What libstdc++'s headers give on top of the kit; ends with 0 if all is right. */
#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include <zircon/syscalls.h>

static void keep_many(int count)
{
	std::map<std::string, int> tree;
	std::unordered_map<std::string, int> hash;
	std::set<int> set;
	std::list<int> list;

	for (int i = 0; i < count; i++) {
		tree[std::to_string(i)] = i;
		hash["key " + std::to_string(i)] = i;
		set.insert((i * 7919) % count);
		list.push_front(i);
	}
	list.sort();
	assert(tree.size() == static_cast<size_t>(count) && tree.at("17") == 17);
	assert(hash.find("key 99")->second == 99);
	assert(std::is_sorted(set.begin(), set.end()) && *set.rbegin() == count - 1);
	assert(list.front() == 0 && list.back() == count - 1);
	for (int i = 0; i < count; i += 2)
		tree.erase(std::to_string(i));
	assert(tree.size() == static_cast<size_t>(count / 2));
}

struct alignas(256) Aligned {
	char bytes[300];
};

static void share()
{
	auto number = std::make_shared<int>(5);
	std::weak_ptr<int> weak = number;
	std::function<int(int)> add = [number](int other) { return *number + other; };
	auto aligned = std::make_unique<Aligned[]>(3);

	assert(add(2) == 7 && weak.use_count() == 2);
	assert(reinterpret_cast<uintptr_t>(aligned.get()) % 256 == 0);
	number.reset();
	add = nullptr;
	assert(weak.expired());
}

static void choose()
{
	std::variant<int, std::string> either = std::string("text");
	std::optional<double> maybe;
	std::deque<std::tuple<int, char>> queue{ { 1, 'a' }, { 2, 'b' } };

	assert(std::get<std::string>(either) == "text" && !maybe);
	either = 3;
	maybe = 0.5;
	assert(std::get<int>(either) == 3 && *maybe == 0.5);
	assert(std::get<1>(queue.back()) == 'b');
}

static void allocate_in_every_form()
{
	assert(operator new(~static_cast<size_t>(0) / 2, std::nothrow) == nullptr);
	delete new int(3);
	delete[] new (std::nothrow) char[100];
	delete new Aligned;
	operator delete(operator new(64, std::align_val_t(64)), 64, std::align_val_t(64));
}

int main()
{
	std::array<int, 4> numbers{ 4, 2, 3, 1 };

	std::sort(numbers.begin(), numbers.end());
	assert(numbers[0] == 1 && numbers[3] == 4);
	keep_many(1000);
	share();
	choose();
	allocate_in_every_form();
	std::printf("%.3f %s\n", 2.5, std::string_view("all right").data());
	return 0;
}
