#include "grammar/format.h"

#include <string.h>

#include "base/cleanup.h"

/* RFC 3339.  29 February only in leap years; no leap seconds. */
#define LEAP "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
#define DATE "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)" \
	     "|02-(?:0[1-9]|1\\d|2[0-8]))|" LEAP "-02-29)"
#define TIME "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)"

#define OCTET "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
#define IPV4  OCTET "(?:\\." OCTET "){3}"
#define HEX4  "[0-9A-Fa-f]{1,4}"

/* RFC 4291, section 2.2, without the mixed form. */
#define IPV6  "(?:(?:" HEX4 ":){7}" HEX4 "|(?:" HEX4 ":){1,7}:|(?:" HEX4 ":){1,6}:" HEX4 \
	      "|(?:" HEX4 ":){1,5}(?::" HEX4 "){1,2}|(?:" HEX4 ":){1,4}(?::" HEX4 "){1,3}" \
	      "|(?:" HEX4 ":){1,3}(?::" HEX4 "){1,4}|(?:" HEX4 ":){1,2}(?::" HEX4 "){1,5}" \
	      "|" HEX4 ":(?::" HEX4 "){1,6}|:(?:(?::" HEX4 "){1,7}|:))"

/* RFC 1123: at most three labels here, so that 253 bytes are never passed. */
#define LABEL "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define HOST  LABEL "(?:\\." LABEL "){0,2}"

/* RFC 5321's dot-string at a host name. */
#define ATOM  "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}"
#define EMAIL ATOM "(?:\\." ATOM "){0,2}@" HOST

/* RFC 3986, without addresses in brackets. */
#define UNRESERVED "A-Za-z0-9._~!$&'()*+,;=\\-"
#define PERCENT    "%[0-9A-Fa-f]{2}"
#define PATH_SIGN  "(?:[" UNRESERVED ":@]|" PERCENT ")"
#define URI   "[A-Za-z][A-Za-z0-9+.-]*:(?://(?:(?:[" UNRESERVED ":]|" PERCENT ")*@)?(?:[" UNRESERVED "]|" PERCENT ")*" \
	      "(?::\\d*)?(?:/" PATH_SIGN "*)*|/(?:" PATH_SIGN "+(?:/" PATH_SIGN "*)*)?|" \
	      PATH_SIGN "+(?:/" PATH_SIGN "*)*|)" \
	      "(?:\\?(?:" PATH_SIGN "|[/?])*)?(?:#(?:" PATH_SIGN "|[/?])*)?"

/* RFC 3339, appendix A. */
#define DURATION "P(?:(?:\\d+D|\\d+M(?:\\d+D)?|\\d+Y(?:\\d+M(?:\\d+D)?)?)" \
		 "(?:T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S))?" \
		 "|T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)|\\d+W)"

const char *format_pattern(const char *name)
{
	static const struct { const char *name, *pattern; } formats[] = {
		{ "date", "^" DATE "$" },
		{ "time", "^" TIME "$" },
		{ "date-time", "^" DATE "T" TIME "$" },
		{ "duration", "^" DURATION "$" },
		{ "uuid", "^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" },
		{ "ipv4", "^" IPV4 "$" },
		{ "ipv6", "^" IPV6 "$" },
		{ "hostname", "^" HOST "$" },
		{ "email", "^" EMAIL "$" },
		{ "uri", "^" URI "$" },
	};

	for (size_t i = 0; i < countof(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].pattern;
	return NULL;
}
