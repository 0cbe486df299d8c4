/*
 * Unicode normalisation form C (UAX #15).
 *
 * Most text is in NFC already, and nfc_is() finds that out at the speed of
 * reading.  The rest is normalised where it must be and copied elsewhere.  Text
 * is well-formed UTF-8.  Stateless; any thread.
 */
#pragma once

#include "base/buf.h"

bool nfc_is(struct str text);

/* Appends `text` in NFC. */
bool nfc_add(struct buf *out, struct str text, struct error *err) must_use;
