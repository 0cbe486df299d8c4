#include <netinet/in.h>

#include "base/mem.h"
#include "permit/url.h"

struct range {
	uint8_t address[16];
	uint8_t bits;
};

static const struct range v4_blocked[] = {
	{ { 0 }, 8 },                          /* this network, unspecified */
	{ { 10 }, 8 },                         /* private */
	{ { 100, 64 }, 10 },                   /* carrier-grade NAT */
	{ { 127 }, 8 },                        /* loopback */
	{ { 168, 63, 129, 16 }, 32 },          /* a cloud's host seen from its machines */
	{ { 169, 254 }, 16 },                  /* link-local, metadata of clouds */
	{ { 172, 16 }, 12 },                   /* private */
	{ { 192, 0, 0 }, 24 },                 /* protocol assignments */
	{ { 192, 0, 2 }, 24 },                 /* documentation */
	{ { 192, 88, 99 }, 24 },               /* 6to4 relays */
	{ { 192, 168 }, 16 },                  /* private */
	{ { 198, 18 }, 15 },                   /* benchmarks */
	{ { 198, 51, 100 }, 24 },              /* documentation */
	{ { 203, 0, 113 }, 24 },               /* documentation */
	{ { 224 }, 4 },                        /* multicast */
	{ { 240 }, 4 },                        /* reserved, broadcast */
};

/* Of the global unicast addresses, 2000::/3. */
static const struct range v6_blocked[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },          /* protocol assignments: Teredo, ORCHID, benchmarks */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },    /* documentation */
	{ { 0x20, 0x02 }, 16 },                /* 6to4: an IPv4 address inside */
	{ { 0x3f, 0xff, 0x00 }, 20 },          /* documentation */
};

static const struct range v6_global = { { 0x20 }, 3 };

/* The last 32 bits are an IPv4 address, and that is what is reached. */
static const struct range v6_carriers[] = {
	{ { [10] = 0xff, [11] = 0xff }, 96 },              /* mapped */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96 },                /* NAT64 */
};

static bool within(const uint8_t *address, const struct range *r)
{
	size_t whole = r->bits / 8;
	unsigned rest = r->bits % 8, mask = 0xff00u >> rest & 0xff;

	return memcmp(address, r->address, whole) == 0 &&
		(!rest || (address[whole] & mask) == (r->address[whole] & mask));
}

static bool within_any(const uint8_t *address, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (within(address, &ranges[i]))
			return true;
	return false;
}

/* ISATAP (RFC 5214) hides an IPv4 address in the lower half of any prefix. */
static bool is_isatap(const uint8_t *address)
{
	return (address[8] & 0xfd) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

static bool v6_is_blocked(const uint8_t *address)
{
	if (within_any(address, v6_carriers, countof(v6_carriers)))
		return within_any(address + 12, v4_blocked, countof(v4_blocked));
	return !within(address, &v6_global) || is_isatap(address) ||
		within_any(address, v6_blocked, countof(v6_blocked));
}

bool url_address_blocked(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof(v4));
		return within_any((const uint8_t *)&v4.sin_addr, v4_blocked, countof(v4_blocked));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof(v6));
		return v6_is_blocked(v6.sin6_addr.s6_addr);
	}
	return true;
}
