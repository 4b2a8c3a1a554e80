/* digests CACHE NAME…: what native/ld-cache.h says of a cache, 8 bytes for each name; status 1 where it hands over. */
#include "../../native/ld-cache.h"

ENTER(digests);

static __attribute__((noreturn)) void leave(int status)
{
	for (;;)
		call1(__NR_exit_group, status);
}

static void say_digest(const struct cache *cache, uint64_t digest)
{
	if (cache->damaged)
		leave(1);
	call3(__NR_write, 1, &digest, sizeof digest);
}

__attribute__((noreturn, used)) void digests(uint64_t *stack)
{
	char **argv = (char **)(stack + 1);
	struct cache cache;
	memset(&cache, 0, sizeof cache);
	if (failed(read_cache(argv[1], &cache)) || !find_header(&cache))
		leave(1);
	find_folders(&cache);
	if (cache.damaged)
		leave(1);
	for (char **name = argv + 2; *name; name++)
		say_digest(&cache, digest_name(&cache, *name));
	leave(0);
}
