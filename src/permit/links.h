/* The links of this machine's files, for permit/path.h. */
#pragma once

#include "permit/path.h"

extern const struct path_links path_links_real;
