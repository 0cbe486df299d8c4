#include "permit/path_table.h"

#include "base/mem.h"

const struct place_row place_rows[] = {
	{ "/bin", PLACE_HARD }, { "/boot", PLACE_HARD }, { "/dev", PLACE_HARD }, { "/efi", PLACE_HARD },
	{ "/etc", PLACE_HARD }, { "/lib", PLACE_HARD }, { "/lib32", PLACE_HARD }, { "/lib64", PLACE_HARD },
	{ "/libx32", PLACE_HARD }, { "/proc", PLACE_HARD }, { "/run", PLACE_HARD }, { "/sbin", PLACE_HARD },
	{ "/sys", PLACE_HARD }, { "/usr/bin", PLACE_HARD }, { "/usr/sbin", PLACE_HARD }, { "/var/run", PLACE_HARD },
	{ "/var/spool/cron", PLACE_HARD }, { "/usr/local/etc", PLACE_HARD }, { "/usr/etc", PLACE_HARD },
	{ "/usr", PLACE_SYSTEM }, { "/var", PLACE_SYSTEM }, { "/opt", PLACE_SYSTEM }, { "/root", PLACE_SYSTEM },
	{ "/nix", PLACE_SYSTEM }, { "/snap", PLACE_SYSTEM }, { "/lost+found", PLACE_SYSTEM },
	/* macOS */
	{ "/private/etc", PLACE_HARD }, { "/system", PLACE_HARD }, { "/cores", PLACE_SYSTEM },
	{ "/private/var", PLACE_SYSTEM }, { "/library", PLACE_SYSTEM }, { "/applications", PLACE_SYSTEM },
	/* Windows, seen from its Linux */
	{ "/mnt/c/windows", PLACE_HARD }, { "/mnt/c/program files", PLACE_SYSTEM },
	{ "/mnt/c/program files (x86)", PLACE_SYSTEM }, { "/mnt/c/programdata", PLACE_SYSTEM },
	/* Exceptions */
	{ "/dev/null", PLACE_HARMLESS }, { "/dev/shm", PLACE_ORDINARY }, { "/var/tmp", PLACE_ORDINARY },
	{ "/var/folders", PLACE_ORDINARY }, { "/private/var/folders", PLACE_ORDINARY },
	{ "/private/var/tmp", PLACE_ORDINARY },
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
	"/etc/shadow/", "/etc/gshadow/", "/etc/sudoers/", "/run/secrets/", NULL
};

const char *const secret_names[] = {
	".env", ".env.*", "*.env", ".env-*", ".env_*", ".env~", ".flaskenv",
	"id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "id_xmss*", "*.pem", "*.key", "*.p12", "*.pfx", "*.p8",
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
	"template.env", "id_*.pub", NULL
};

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
	".pre-commit-config.yaml", "lefthook.yml", "lefthook.yaml", "gradle-wrapper.properties",
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
