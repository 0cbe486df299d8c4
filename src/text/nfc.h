/*
 * Unicode normalisation form C (UAX #15).
 *
 * Most text is in NFC already, and the quick check finds that out at the speed
 * of reading.  The rest is normalised where it must be and copied elsewhere.  Text
 * is well-formed UTF-8.  Stateless; any thread.
 */
#pragma once

#include "base/buf.h"

/* The quick check: true means yes; false is also said of marks that might combine and do not. */
bool nfc_is(struct str text);

/* Appends `text` in NFC. */
bool nfc_add(struct buf *out, struct str text, struct error *err) must_use;
