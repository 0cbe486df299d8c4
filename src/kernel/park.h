/*
 * Sleeping until a number changes, as Linux's futex does.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Sleeps while *number is `seen`; may wake for no reason. */
void park_wait(_Atomic uint32_t *number, uint32_t seen);

/* Wakes all who sleep on it; call after changing it. */
void park_wake(_Atomic uint32_t *number);
