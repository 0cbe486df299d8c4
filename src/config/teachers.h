/* Which teachers there are: from what the configuration says and which keys are found. */
#pragma once

#include "config/config.h"

/* Fills c's teachers; the rest of c is read already. */
bool teachers_find(struct config *c, struct error *err) must_use;

/* Frees what a teacher owns. */
void teacher_config_done(struct teacher_config *t);
