#include "permit/path_table.h"

#include <string.h>

#include "base/mem.h"
#include "permit/glob.h"

const struct place_row place_rows[] = {
	{ "/bin", PLACE_HARD, true }, { "/boot", PLACE_HARD, true }, { "/dev", PLACE_HARD, true },
	{ "/efi", PLACE_HARD, true }, { "/etc", PLACE_HARD, true }, { "/lib", PLACE_HARD, true },
	{ "/lib32", PLACE_HARD, true }, { "/lib64", PLACE_HARD, true }, { "/libx32", PLACE_HARD, true },
	{ "/proc", PLACE_HARD, true }, { "/run", PLACE_HARD, false }, { "/sbin", PLACE_HARD, true },
	{ "/sys", PLACE_HARD, true }, { "/usr/bin", PLACE_HARD, true }, { "/usr/sbin", PLACE_HARD, true },
	{ "/var/run", PLACE_HARD, true }, { "/var/spool/cron", PLACE_HARD, true },
	{ "/usr/local/etc", PLACE_HARD, false }, { "/usr/etc", PLACE_HARD, true },
	{ "/usr", PLACE_SYSTEM, true }, { "/usr/local", PLACE_SYSTEM, false }, { "/var", PLACE_SYSTEM, false },
	{ "/var/lib", PLACE_SYSTEM, true }, { "/var/log", PLACE_SYSTEM, true }, { "/var/spool", PLACE_SYSTEM, true },
	{ "/var/db", PLACE_SYSTEM, true }, { "/opt", PLACE_SYSTEM, false }, { "/root", PLACE_SYSTEM, false },
	{ "/nix", PLACE_SYSTEM, false }, { "/snap", PLACE_SYSTEM, false }, { "/lost+found", PLACE_SYSTEM, false },
	/* macOS */
	{ "/private/etc", PLACE_HARD, true }, { "/system", PLACE_HARD, true }, { "/cores", PLACE_SYSTEM, false },
	{ "/private/var", PLACE_SYSTEM, false }, { "/library", PLACE_SYSTEM, true },
	{ "/applications", PLACE_SYSTEM, false },
	/* Windows, seen from its Linux */
	{ "/mnt/c/windows", PLACE_HARD, true }, { "/mnt/c/program files", PLACE_SYSTEM, false },
	{ "/mnt/c/program files (x86)", PLACE_SYSTEM, false }, { "/mnt/c/programdata", PLACE_SYSTEM, false },
	/* Exceptions */
	{ "/dev/null", PLACE_HARMLESS, false }, { "/dev/shm", PLACE_ORDINARY, false },
	{ "/var/tmp", PLACE_ORDINARY, false }, { "/var/folders", PLACE_ORDINARY, false },
	{ "/private/var/folders", PLACE_ORDINARY, false }, { "/private/var/tmp", PLACE_ORDINARY, false },
	/* Devices that keep nothing, which commands may use */
	{ "/dev/zero", PLACE_HARD, false }, { "/dev/full", PLACE_HARD, false }, { "/dev/stdin", PLACE_HARD, false },
	{ "/dev/stdout", PLACE_HARD, false }, { "/dev/stderr", PLACE_HARD, false }, { "/dev/tty", PLACE_HARD, false },
	{ "/dev/fd", PLACE_HARD, false }, { "/dev/random", PLACE_HARD, false }, { "/dev/urandom", PLACE_HARD, false },
	{ "/dev/ptmx", PLACE_HARD, false }, { "/dev/pts", PLACE_HARD, false },
};
const size_t place_row_count = countof(place_rows);

const char *const secret_folders[] = {
	/* Keys and credentials of programs */
	"/.ssh/", "/.gnupg/", "/.aws/", "/.azure/", "/.kube/", "/.oci/", "/.minikube/", "/.password-store/",
	"/.docker/config.json/", "/.config/gcloud/", "/.config/gh/", "/.config/hub/", "/.config/glab-cli/",
	"/.config/op/",
	"/.config/rclone/", "/.config/doctl/", "/.config/git/credentials/", "/.config/containers/auth.json/",
	"/.cargo/credentials/", "/.cargo/credentials.toml/", "/.gem/credentials/", "/.terraform.d/",
	"/.m2/settings.xml/", "/.m2/settings-security.xml/", "/.gradle/gradle.properties/", "/.subversion/auth/",
	"/.config/sops/", "/.config/age/", "/.vault/", "/.step/secrets/", "/.bitcoin/", "/.ethereum/", "/.electrum/",
	"/.cache/huggingface/token/", "/.huggingface/token/", "/.local/share/keyrings/", "/.local/share/kwalletd/",
	"/.pki/nssdb/", "/.config/keybase/", "/.config/bitwarden/", "/.config/1password/", "/.config/heroku/",
	"/.config/configstore/", "/.config/filezilla/", "/.config/netlify/", "/.fly/", "/.databricks/",
	/* Coding assistants, and our own */
	"/.claude/.credentials.json/", "/.codex/auth.json/", "/.gemini/oauth_creds.json/", "/.config/github-copilot/",
	"/.shammah/config.toml/", "/.shammah/daemon.token/", "/.shammah/metrics.key/", "/.shammah/history/",
	"/.shammah/checkpoints/",
	/* Browsers and mail */
	"/.mozilla/", "/.thunderbird/", "/.config/google-chrome/", "/.config/google-chrome-beta/", "/.config/chromium/",
	"/.config/bravesoftware/", "/.config/microsoft-edge/", "/.config/vivaldi/", "/.config/opera/", "/.librewolf/",
	"/.config/mozilla/", "/snap/firefox/common/.mozilla/", "/snap/chromium/common/chromium/",
	"/.var/app/org.mozilla.firefox/", "/.var/app/com.google.chrome/", "/.var/app/org.chromium.chromium/",
	"/library/application support/google/chrome/", "/library/application support/firefox/",
	"/library/application support/chromium/", "/library/application support/bravesoftware/",
	"/library/application support/microsoft edge/", "/library/safari/", "/library/cookies/", "/library/keychains/",
	"/library/mail/", "/library/messages/", "/library/application support/com.apple.tcc/",
	"/appdata/local/google/chrome/", "/appdata/roaming/mozilla/", "/appdata/local/microsoft/credentials/",
	/* The system's, wherever its root is mounted */
	"/etc/shadow/", "/etc/shadow-/", "/etc/gshadow/", "/etc/gshadow-/", "/etc/sudoers/", "/etc/sudoers.d/",
	"/run/secrets/",
	"/etc/security/opasswd/", "/etc/ssl/private/", "/etc/pki/tls/private/", "/etc/letsencrypt/", "/etc/wireguard/",
	"/etc/networkmanager/system-connections/",
	"/etc/ppp/pap-secrets/", "/etc/ppp/chap-secrets/", "/etc/ipsec.secrets/", "/etc/krb5.keytab/",
	"/etc/openvpn/", "/etc/kubernetes/", "/etc/rancher/", "/etc/mysql/debian.cnf/", "/etc/docker/key.json/", NULL
};

const char *const secret_names[] = {
	".env", ".env.*", "*.env", ".env-*", ".env_*", ".env~", ".flaskenv",
	"id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "id_xmss*",
	"ssh_host_*_key", "*.pem", "*.key", "*.p12", "*.pfx", "*.p8",
	"*.jks",
	"*.keystore", "*.ppk", "*.kdbx", "*.kdb", "*.keychain", "*.keychain-db", "*.ovpn", "wallet.dat",
	".netrc", "_netrc", ".authinfo", ".authinfo.gpg", ".pgpass", ".my.cnf", ".mylogin.cnf", ".git-credentials",
	".pypirc",
	".htpasswd", ".dockercfg", ".s3cfg", ".boto", ".vault-token", ".terraformrc", "credentials.tfrc.json",
	".dockerconfigjson", ".rhosts", ".shosts",
	"credentials.json", "client_secret*.json", "service-account*.json", "service_account*.json",
	"serviceaccount*.json", "application_default_credentials.json", "secrets.json", "secrets.yml", "secrets.yaml",
	"secrets.toml", "kubeconfig", "*.kubeconfig", "*.tfstate", "*.tfstate.backup", "login.keychain*", "master.key",
	NULL
};

const char *const harmless_names[] = {
	".env.example", ".env.sample", ".env.template", ".env.dist", ".env.defaults", ".env.*.example", ".env.*.sample",
	".env.*.template", ".env-example", ".env-sample", ".env_example", ".env_sample", "example.env", "sample.env",
	"template.env", NULL
};

const char *const public_names[] = { "*.pub", NULL };

const char *const watched_names[] = { ".envrc", NULL };

const char *const protected_folders[] = {
	"/.git/", "/.config/git/", "/.vscode/", "/.idea/", "/.husky/", "/.cargo/", "/.devcontainer/", "/.yarn/",
	"/.mvn/",
	"/.claude/", "/.shammah/", NULL
};

const char *const protected_names[] = {
	".gitconfig", ".gitmodules", ".bashrc", ".bash_profile", ".bash_login", ".bash_aliases", ".bash_logout",
	".zshrc",
	".zprofile", ".zshenv", ".zlogin", ".zlogout", ".profile", ".envrc", ".npmrc", ".yarnrc", ".yarnrc.yml",
	".pnp.cjs",
	".pnp.loader.mjs", ".pnpmfile.cjs", "bunfig.toml", ".bunfig.toml", ".bazelrc", ".bazelversion", ".bazeliskrc",
	".pre-commit-config.yaml", "lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml",
	"gradle-wrapper.properties",
	"maven-wrapper.properties", ".devcontainer.json", ".ripgreprc", "pyrightconfig.json", ".mcp.json",
	".claude.json",
	NULL
};

const char *const secret_home_names[] = {
	".npmrc", ".yarnrc.yml", ".bash_history", ".zsh_history", ".sh_history", ".python_history",
	".node_repl_history",
	".psql_history", ".mysql_history", ".sqlite_history", ".rediscli_history", ".lesshst", ".wget-hsts",
	".claude.json",
	".xauthority", ".iceauthority", NULL
};

const char *const record_names[] = { ".bash_history", ".zsh_history", ".history", ".sh_history", ".python_history",
	"authorized_keys", "fish_history", NULL };

const char *const kept_home_names[] = { ".ssh", ".gnupg", ".aws", ".config", ".local", ".kube", ".password-store",
	"library", NULL };

/* --- looking up ----------------------------------------------------------------------- */

/* Whether `path` is `folder` or below it, neither with a slash at the end. */
static bool is_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

const struct place_row *place_find(const char *folded)
{
	const struct place_row *best = NULL;

	for (size_t i = 0; i < place_row_count; i++)
		if (place_rows[i].prefix[1] == folded[1] && is_in(folded, place_rows[i].prefix) &&
			(!best || strlen(place_rows[i].prefix) > strlen(best->prefix)))
			best = &place_rows[i];
	return best;
}

bool name_is_among(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (glob_match(str_of(*patterns), str_of(name)))
			return true;
	return false;
}

bool place_holds(const char *const *folders, const char *folded)
{
	for (const char *slash = strchr(folded, '/'); slash; slash = strchr(slash + 1, '/'))
		for (const char *const *f = folders; *f; f++)
			if ((*f)[1] == slash[1] && (*f)[2] == slash[2] && strncmp(slash, *f, strlen(*f)) == 0)
				return true;
	return false;
}

bool place_keeps_secret(const char *folded, const char *name, bool in_home)
{
	if (name_is_among(public_names, name))
		return false;
	if (place_holds(secret_folders, folded))
		return true;
	if (name_is_among(secret_names, name) && !name_is_among(harmless_names, name))
		return true;
	return in_home && name_is_among(secret_home_names, name);
}
