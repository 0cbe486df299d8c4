/*
 * What a judge of permit/ says about one thing a tool wants to touch.
 */
#pragma once

enum verdict {                         /* the stricter, the greater */
	VERDICT_ALLOW,
	VERDICT_CONFIRM,               /* only after the user has said yes */
	VERDICT_NEVER,                 /* no rule and no answer can allow it */
};
