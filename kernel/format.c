/*
 * Formatting of text. See <kernel/printk.h> for what is understood.
 *
 * Pure: no lock, no allocation, no other part of the kernel but the symbol
 * table; also built for the developer's machine (tests/unit/printf_test.c).
 */
#include <kernel/printk.h>
#include <kernel/symbols.h>

/* Where text goes: [p, end), with room for the NUL at end. */
struct output {
	char *p;
	char *end;
};

/* va_list may be an array type, which does not survive being a parameter. */
struct arguments {
	va_list list;
};

enum argument_size {
	SIZE_INT,
	SIZE_LONG,
};

/* One conversion: what stands between % and its letter. */
struct conversion {
	bool left;		/* - */
	bool zero;		/* 0 */
	bool prefix;		/* # */
	enum argument_size size;
	u32 width;
	u32 precision;		/* of %s; UINT32_MAX: none */
};

static void put_char(struct output *out, char c)
{
	if (out->p < out->end)
		*out->p++ = c;
}

static void put_repeated(struct output *out, char c, u32 count)
{
	while (count-- > 0 && out->p < out->end)
		put_char(out, c);
}

static void put_bytes(struct output *out, const char *s, u32 count)
{
	while (count-- > 0)
		put_char(out, *s++);
}

/* Text of `count` bytes in its field; zeroes go behind the sign or 0x, which
 * is the first head_count bytes. */
static void put_field(struct output *out, const struct conversion *c,
		      const char *s, u32 count, u32 head_count)
{
	u32 padding = c->width > count ? c->width - count : 0;

	if (c->left) {
		put_bytes(out, s, count);
		put_repeated(out, ' ', padding);
	} else if (c->zero) {
		put_bytes(out, s, head_count);
		put_repeated(out, '0', padding);
		put_bytes(out, s + head_count, count - head_count);
	} else {
		put_repeated(out, ' ', padding);
		put_bytes(out, s, count);
	}
}

#define NUMBER_MAX 24		/* sign or 0x, and 20 digits */

/* Digits of value, which end at `end`; returns where they begin. */
static char *write_digits(char *end, u64 value, u32 base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	do {
		*--end = digits[value % base];
		value /= base;
	} while (value != 0);
	return end;
}

static void put_decimal(struct output *out, const struct conversion *c,
			u64 value, bool negative)
{
	char text[NUMBER_MAX];
	char *end = text + sizeof(text);
	char *p = write_digits(end, value, 10, false);

	if (negative)
		*--p = '-';
	put_field(out, c, p, (u32)(end - p), negative);
}

static void put_hex(struct output *out, const struct conversion *c, u64 value,
		    bool upper)
{
	char text[NUMBER_MAX];
	char *end = text + sizeof(text);
	char *p = write_digits(end, value, 16, upper);

	if (c->prefix) {
		*--p = upper ? 'X' : 'x';
		*--p = '0';
	}
	put_field(out, c, p, (u32)(end - p), c->prefix ? 2 : 0);
}

static void put_string(struct output *out, const struct conversion *c,
		       const char *s)
{
	u32 count = 0;

	if (!s)
		s = "(null)";
	while (count < c->precision && s[count] != '\0')
		count++;
	put_field(out, &(struct conversion){ .left = c->left,
					     .width = c->width },
		  s, count, 0);
}

static const struct conversion plain_hex = { .prefix = true };

static void put_symbol(struct output *out, u64 address)
{
	struct symbol s;

	if (!symbol_find(address, &s)) {
		put_hex(out, &plain_hex, address, false);
		return;
	}
	for (const char *name = s.name; *name != '\0'; name++)
		put_char(out, *name);
	put_char(out, '+');
	put_hex(out, &plain_hex, s.offset, false);
}

static void put_pointer(struct output *out, u64 value)
{
	const struct conversion c = { .prefix = true, .zero = true,
				      .width = 18 };

	put_hex(out, &c, value, false);
}

/* A number of the format, or an argument for *. */
static u32 read_number(const char **fmt, struct arguments *args)
{
	u32 value = 0;

	if (**fmt == '*') {
		int given = va_arg(args->list, int);

		(*fmt)++;
		return given < 0 ? 0 : (u32)given;
	}
	while (**fmt >= '0' && **fmt <= '9')
		value = value * 10 + (u32)(*(*fmt)++ - '0');
	return value;
}

/* Reads up to the letter of the conversion; returns where that stands. */
static const char *read_conversion(const char *fmt, struct conversion *c,
				   struct arguments *args)
{
	*c = (struct conversion){ .precision = UINT32_MAX };
	for (;; fmt++) {
		if (*fmt == '-')
			c->left = true;
		else if (*fmt == '0')
			c->zero = true;
		else if (*fmt == '#')
			c->prefix = true;
		else
			break;
	}
	c->width = read_number(&fmt, args);
	if (*fmt == '.') {
		fmt++;
		c->precision = read_number(&fmt, args);
	}
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		c->size = SIZE_LONG;
	return fmt;
}

static u64 next_unsigned(const struct conversion *c, struct arguments *args)
{
	if (c->size == SIZE_LONG)
		return va_arg(args->list, u64);
	return va_arg(args->list, unsigned int);
}

static s64 next_signed(const struct conversion *c, struct arguments *args)
{
	if (c->size == SIZE_LONG)
		return va_arg(args->list, s64);
	return va_arg(args->list, int);
}

/* Does the conversion at fmt, its letter; returns the last byte it used. */
static const char *convert(struct output *out, const char *fmt,
			   const struct conversion *c, struct arguments *args)
{
	s64 value;
	char letter;

	switch (*fmt) {
	case 'd':
	case 'i':
		value = next_signed(c, args);
		put_decimal(out, c, value < 0 ? -(u64)value : (u64)value,
			    value < 0);
		break;
	case 'u':
		put_decimal(out, c, next_unsigned(c, args), false);
		break;
	case 'x':
	case 'X':
		put_hex(out, c, next_unsigned(c, args), *fmt == 'X');
		break;
	case 'c':
		letter = (char)va_arg(args->list, int);
		put_field(out, c, &letter, 1, 0);
		break;
	case 's':
		put_string(out, c, va_arg(args->list, const char *));
		break;
	case 'p':
		if (fmt[1] == 'S') {
			put_symbol(out, va_arg(args->list, u64));
			return fmt + 1;
		}
		put_pointer(out, va_arg(args->list, u64));
		break;
	default:
		/* %% and what is not known: the letter itself. */
		put_char(out, *fmt);
	}
	return fmt;
}

static void format(struct output *out, const char *fmt, struct arguments *args)
{
	struct conversion c;

	for (; *fmt != '\0'; fmt++) {
		if (*fmt != '%') {
			put_char(out, *fmt);
			continue;
		}
		fmt = read_conversion(fmt + 1, &c, args);
		if (*fmt == '\0')
			return;
		fmt = convert(out, fmt, &c, args);
	}
}

int kvsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct output out;
	struct arguments args;

	if (size == 0)
		return 0;
	out.p = buf;
	out.end = buf + size - 1;
	va_copy(args.list, list);
	format(&out, fmt, &args);
	va_end(args.list);
	*out.p = '\0';
	return (int)(out.p - buf);
}

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = kvsnprintf(buf, size, fmt, args);
	va_end(args);
	return length;
}
