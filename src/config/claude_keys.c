#include "config/claude_keys.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

/* Sorted, for those who add to it. */
static const char *const known[] = {
	"$schema", "advisorModel", "agent", "agentPushNotifEnabled", "allowAllClaudeAiMcps",
	"allowManagedHooksOnly", "allowManagedMcpServersOnly", "allowManagedPermissionRulesOnly",
	"allowedChannelPlugins", "allowedHttpHookUrls", "allowedMcpServers", "alwaysThinkingEnabled",
	"askUserQuestionTimeout", "attribution", "autoCompactEnabled", "autoCompactWindow",
	"autoMemoryDirectory", "autoMemoryEnabled", "autoMode", "autoScrollEnabled", "autoUpdatesChannel",
	"availableModels", "awaySummaryEnabled", "awsAuthRefresh", "awsCredentialExport", "axScreenReader",
	"blockedMarketplaces", "browserExternalPageTools", "channelsEnabled", "claudeMd", "claudeMdExcludes",
	"cleanupPeriodDays", "companyAnnouncements", "crossSessionInbound", "defaultShell",
	"deniedMcpServers", "dialogExpiry", "disableAgentView", "disableAllHooks", "disableArtifact",
	"disableAutoMode", "disableBrowserExternalNavigation", "disableBundledSkills",
	"disableClaudeAiConnectors", "disableCommandPluginSources", "disableDeepLinkRegistration",
	"disableMobileSimulatorTools", "disableRemoteControl", "disableSideloadFlags",
	"disableSkillShellExecution", "disableWorkflows", "disabledMcpjsonServers", "editorMode",
	"effortLevel", "emojiCompletionEnabled", "enableAllProjectMcpServers", "enableArtifact",
	"enableWorkflows", "enabledMcpjsonServers", "enabledPlugins", "enforceAvailableModels",
	"extraKnownMarketplaces", "fallbackModel", "fastMode", "fastModePerSessionOptIn",
	"feedbackSurveyRate", "fileCheckpointingEnabled", "fileSuggestion", "footerLinksRegexes",
	"forceLoginGatewayUrl", "forceLoginMethod", "forceLoginOrgUUID", "forceRemoteSettingsRefresh",
	"gcpAuthRefresh", "hooks", "httpHookAllowedEnvVars", "includeCoAuthoredBy", "includeGitInstructions",
	"inputNeededNotifEnabled", "isolatePeerMachines", "keybindingFlavor", "language", "minimumVersion",
	"modelOverrides", "otelHeadersHelper", "outputStyle", "parentSettingsBehavior", "plansDirectory",
	"pluginConfigs", "pluginSuggestionMarketplaces", "pluginTrustMessage", "policyHelper",
	"prUrlTemplate", "preferredNotifChannel", "prefersReducedMotion", "processWrapper",
	"promptSuggestionEnabled", "remote", "remoteControlAtStartup", "requiredMaximumVersion",
	"requiredMinimumVersion", "respectGitignore", "respondToBashCommands",
	"showClearContextOnPlanAccept", "showThinkingSummaries", "showTurnDuration",
	"skillListingBudgetFraction", "skillListingMaxDescChars", "skillOverrides",
	"skipAutoPermissionPrompt", "skipDangerousModePermissionPrompt", "skipWebFetchPreflight",
	"spellcheck", "spinnerTipsEnabled", "spinnerTipsOverride", "spinnerVerbs", "sshConfigs",
	"sshHostAllowlist", "statusLine", "strictKnownMarketplaces", "strictPluginOnlyCustomization",
	"subagentStatusLine", "switchModelsOnFlag", "syncClaudeAiSkills", "syntaxHighlightingDisabled",
	"teammateMode", "terminalProgressBarEnabled", "terminalTitleFromRename", "theme", "tui", "ultracode",
	"useAutoModeDuringPlan", "verbose", "viewMode", "vimInsertModeRemaps", "voice", "voiceEnabled",
	"wheelScrollAccelerationEnabled", "workflowKeywordTriggerEnabled", "workflowSizeGuideline",
	"worktree", "wslInheritsWindowsSettings",
};

bool claude_key_known(const char *name)
{
	for (size_t i = 0; i < countof(known); i++)
		if (strcmp(known[i], name) == 0)
			return true;
	return false;
}
