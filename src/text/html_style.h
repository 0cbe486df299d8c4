/* Whether the reader of a page sees an element.  Stateless; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Looked up in libxml2's lists: name, value, name, value, …, NULL; NULL for none. */
const char *html_listed(const unsigned char **list, const char *name);

/*
 * Whether the element and all in it is left out: by attribute (hidden, aria-hidden,
 * role), by its style (display, visibility, size, place), or as one of the boxes that
 * ask for consent.
 */
bool html_hidden(const char *element, const unsigned char **list);

/* Changes the colours (0xRRGGBB; HTML_UNKNOWN) to what the element says of them. */
void html_colors(const unsigned char **list, uint32_t *color, uint32_t *background);

/* Whether text of this colour cannot be told from its background. */
bool html_blends(uint32_t color, uint32_t background);
