/* Calls a virtual function of an object that is not yet what it is to be, where the
 * compiler cannot know. */
struct Base {
	Base();
	virtual ~Base() = default;
	virtual int value() = 0;
};

[[gnu::noipa]] static int call(Base *base)
{
	return base->value();
}

[[gnu::noipa]] Base::Base()
{
	call(this);
}

struct Derived : Base {
	int value() override
	{
		return 1;
	}
};

int main()
{
	Derived derived;

	return derived.value();
}
