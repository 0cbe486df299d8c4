/* What every test file includes. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A test is a sentence about behaviour. */
#define TEST(name) static void name(void **state __attribute__((unused)))

/* Fails with the error's text when something that must work did not. */
#define assert_ok(call) do { \
		if (!(call)) \
			fail_msg("%s: %s", #call, err.text); \
	} while (0)

/*
 * Ends the test as skipped and says why.  cmocka's TAP output drops the reason,
 * so it goes to standard error as well.
 */
#define skip_because(...) do { \
		fprintf(stderr, "# skipped: " __VA_ARGS__); \
		fputc('\n', stderr); \
		skip(); \
	} while (0)
