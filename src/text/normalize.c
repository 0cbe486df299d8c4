#include "text/normalize.h"

#include "text/nfc.h"
#include "text/spelling.h"

static bool makes_spaces(uint32_t flags) { return (flags & VOCAB_CHARACTERS) && !(flags & VOCAB_LATE_SPACES); }

bool normalize_keeps(uint32_t flags, struct str text)
{
	return !(flags & VOCAB_PREFIX_ALWAYS) && (!(flags & VOCAB_NFC) || nfc_is(text)) &&
		(!makes_spaces(flags) || !spelling_has_space(text));
}

bool normalize_add(uint32_t flags, bool prefix, struct str text, struct buf *out, struct error *err)
{
	if (prefix && (flags & VOCAB_PREFIX_ALWAYS) && !buf_adds(out, " ", err))
		return false;
	size_t from = out->len;
	if (!(flags & VOCAB_NFC ? nfc_add(out, text, err) : buf_add_str(out, text, err)))
		return false;
	if (makes_spaces(flags))
		buf_truncate(out, from + spelling_spaces((struct str){ out->data + from, out->len - from },
			out->data + from));
	return true;
}
