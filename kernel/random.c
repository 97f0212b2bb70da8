/*
 * The random number generator.
 *
 * State: a 256-bit key and a stock of bytes. ChaCha20 (RFC 8439) runs once under
 * the lock; the first half of the block replaces the key at once, so that earlier
 * output cannot be computed from a later state. The second half is the stock for
 * short draws, each of which clears what it takes; or the own key of a longer
 * draw, which makes its bytes without the lock.
 */
#include <arch/cpu.h>
#include <kernel/boot.h>
#include <kernel/lock.h>
#include <kernel/random.h>

#define KEY_WORDS 8
#define BLOCK_WORDS 16
/* Longer draws would use the stock up for one. */
#define RANDOM_SHORT_BYTES 16

static struct spinlock random_lock = SPINLOCK_INIT(LOCK_THREAD);
/* Under random_lock. */
static u32 random_key[KEY_WORDS];
static u32 stock[KEY_WORDS];		/* the last stock_count are fresh */
static u32 stock_count;

static inline u32 rotate_left(u32 v, u32 n)
{
	return v << n | v >> (32 - n);
}

static inline void quarter_round(u32 *s, u32 a, u32 b, u32 c, u32 d)
{
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 7);
}

/* One block of key stream: constants, key, 64-bit counter, zero nonce. */
static void chacha_block(const u32 *key, u64 counter, u32 *out)
{
	u32 start[BLOCK_WORDS] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		key[0], key[1], key[2], key[3],
		key[4], key[5], key[6], key[7],
		(u32)counter, (u32)(counter >> 32), 0, 0,
	};
	u32 s[BLOCK_WORDS];

	__builtin_memcpy(s, start, sizeof(start));
	for (u32 i = 0; i < 10; i++) {
		for (u32 n = 0; n < 4; n++)
			quarter_round(s, n, n + 4, n + 8, n + 12);
		for (u32 n = 0; n < 4; n++)
			quarter_round(s, n, 4 + (n + 1) % 4,
				      8 + (n + 2) % 4, 12 + (n + 3) % 4);
	}
	for (u32 n = 0; n < BLOCK_WORDS; n++)
		out[n] = s[n] + start[n];
}

/* Moves the state on; the other half of the block is the caller's. */
static void step_locked(u32 *half)
{
	u32 block[BLOCK_WORDS];

	chacha_block(random_key, 0, block);
	__builtin_memcpy(random_key, block, sizeof(random_key));
	__builtin_memcpy(half, block + KEY_WORDS, KEY_WORDS * sizeof(u32));
}

static void draw_key(u32 *key)
{
	spin_lock(&random_lock);
	step_locked(key);
	spin_unlock(&random_lock);
}

/* At most the stock; whole words of it are used up. */
static void draw_short(void *buf, size_t bytes)
{
	u32 words = (u32)(bytes + sizeof(u32) - 1) / sizeof(u32);
	u32 *from;

	spin_lock(&random_lock);
	if (stock_count < words) {
		step_locked(stock);
		stock_count = KEY_WORDS;
	}
	from = &stock[KEY_WORDS - stock_count];
	stock_count -= words;
	__builtin_memcpy(buf, from, bytes);
	__builtin_memset(from, 0, words * sizeof(u32));
	spin_unlock(&random_lock);
}

void random_draw(void *buf, size_t bytes)
{
	u32 key[KEY_WORDS], block[BLOCK_WORDS];
	char *to = buf;
	u64 counter = 0;

	if (bytes <= RANDOM_SHORT_BYTES) {
		draw_short(buf, bytes);
		return;
	}
	draw_key(key);
	while (bytes) {
		size_t n = bytes < sizeof(block) ? bytes : sizeof(block);

		chacha_block(key, counter++, block);
		__builtin_memcpy(to, block, n);
		to += n;
		bytes -= n;
	}
}

void random_add_entropy(const void *data, size_t bytes)
{
	const u8 *from = data;
	u32 block[BLOCK_WORDS];

	spin_lock(&random_lock);
	do {
		size_t n = bytes < sizeof(random_key) ? bytes
						      : sizeof(random_key);

		/* Mixed in by XOR, then hashed by the cipher: input that the
		 * caller chose cannot cancel what was there. */
		for (size_t i = 0; i < n; i++)
			((u8 *)random_key)[i] ^= from[i];
		chacha_block(random_key, 1, block);
		__builtin_memcpy(random_key, block, sizeof(random_key));
		from += n;
		bytes -= n;
	} while (bytes);
	stock_count = 0;
	spin_unlock(&random_lock);
}

void random_init(void)
{
	u64 words[8];

	for (u32 i = 0; i < 4; i++)
		words[i] = boot_info.random_seed[i];
	for (u32 i = 4; i < 8; i++)
		words[i] = arch_random() ^ arch_counter();
	random_add_entropy(words, sizeof(words));
}
