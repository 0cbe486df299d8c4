#include "permit/command.h"
#include "permit/permission_parts.h"

void decide_command(struct deciding *d)
{
	struct command_judgement j;
	const struct rule *r;

	command_judge(json_member_str(d->call->input, "command"), &j);
	if (j.verdict == COMMAND_NEVER)
		decided_hard(d, j.why);
	else if ((r = tool_rule(d, RULE_DENY)))
		decided(d, DECISION_DENY, r, "a deny rule covers it");
	else if ((r = tool_rule(d, RULE_ASK)))
		decided(d, DECISION_ASK, r, "an ask rule covers it");
	else
		decided(d, j.verdict == COMMAND_SAFE ? DECISION_ALLOW : DECISION_ASK, NULL, "%s", j.why);
}
