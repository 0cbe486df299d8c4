/* A word followed by a colon in the query ("inurl:") is written with it here. */
#include "tool/search_screen.h"

#define CHILDREN "child|children|childs|kid|kids|minor|minors|preteen*|toddler*|underage*|infant*|schoolgirl*|" \
	"schoolboy*|little girl*|little boy*|year old girl*|year old boy*"
#define PROTECTION "detect*|prevent*|report*|law|laws|legal|illegal|statistic*|combat*|block*|filter*|protect*|" \
	"research|hash|hashes|hashing|photodna|parental|safety|moderation|scan*|stop|policy|policies|news|convicted|" \
	"arrested"
#define MAKING "how to make|make|making|build|building|construct*|assembl*|synthesi*|recipe*|homemade|diy|" \
	"instructions|blueprint*|manufactur*|3d print*|detonate|detonating|cook"
#define EXPLOSIVES "pipe bomb*|nail bomb*|car bomb*|fertilizer bomb*|pressure cooker bomb*|dirty bomb*|" \
	"nuclear bomb*|explosive device*|explosives|ied|ieds|tatp|petn|anfo|nitroglycerin*|plastic explosive*|" \
	"c4 explosive*|rdx explosive*|semtex|molotov*|thermite bomb|napalm bomb|homemade napalm|detonator*|" \
	"blasting cap*"
#define POISONS "nerve agent*|sarin|vx gas|novichok|mustard gas|chlorine gas|ricin|anthrax|botulinum toxin|" \
	"bioweapon*|biological weapon*|chemical weapon*|poison gas|cyanide gas"
#define GUNS "ghost gun*|gun silencer*|rifle silencer*|gun suppressor*|rifle suppressor*|solvent trap*|auto sear*|" \
	"glock switch*|bump stock*|untraceable gun*|fully automatic rifle*|full auto ar15|full auto ar 15"
#define STUDY "history|historical|museum|documentary|movie|film|novel|game|games|minecraft|minesweeper|terraria|" \
	"fortnite|roblox|godot|unity|unreal|sprite*|shader*|mod|defus*|disposal|detection|detector*|disarm*|treaty|" \
	"convention|law|laws|legal|symptom*|antidote|treatment|exposure|safety|poisoning"
#define ATTACK "hack|hacking|hack into|break into|crack|cracking|brute force|bruteforce|ddos|dos attack|dox|doxx*|" \
	"doxing|spy on|phish|phishing|keylog*|steal|hijack|take down|take over|stalk*|infect"
#define VICTIMS "someones|someone s|somebodys|somebody s|someone else s|my ex|ex girlfriend*|ex boyfriend*|" \
	"ex wife*|ex husband*|my neighbor*|my neighbour*|neighbors wifi|neighbours wifi|neighbor s wifi|" \
	"girlfriends phone|girlfriend s phone|boyfriends phone|wifes phone|wife s phone|husbands phone|" \
	"husband s phone|instagram account*|facebook account*|gmail account*|snapchat account*|whatsapp account*|" \
	"tiktok account*|bank account*|school grades|school network|school website|other people*|a stranger*|" \
	"hospital network|power grid"
#define DEFENCE "protect*|prevent*|recover*|secure|securing|defend*|defence|defense|detect*|avoid*|stop|fix*|" \
	"patch*|mitigat*|remediat*|was hacked|got hacked|been hacked|is my|my own|owasp|training|practice|ctf|lab|" \
	"labs|juice shop|dvwa|report*|news|history|statistic*|law|laws|game|games|interview"

const struct screen_rule screen_rules[] = {
	{ "sexual pictures of children",
		{ "child porn*|childporn*|kiddie porn*|kiddy porn*|kid porn*|preteen porn*|preteen nude*|preteen sex|"
		"underage porn*|underage nude*|underage sex video*|toddler porn*|jailbait pic*|jailbait nude*|pthc|"
		"lolita porn*|loli porn*|lolicon|child nude*|nude child*|naked child*|nude kid|nude kids|naked kids|"
		"nude minor*|naked minor*|child erotica|csam download*|csam link*|csam video*|csam telegram|"
		"csam site*|child sex video*|child sex tape*|child sexual abuse video*|"
		"child sexual abuse image* download*" },
		PROTECTION },
	{ "sexual pictures of children",
		{ "porn*|hentai|erotica|xxx video*|xxx pic*|onlyfans|nsfw pic*|nudes", CHILDREN }, PROTECTION },
	{ "instructions for explosives", { MAKING, EXPLOSIVES }, STUDY },
	{ "instructions for explosives",
		{ "make a bomb|making a bomb|build a bomb|building a bomb|make bombs|homemade bomb*|bomb making|"
		"bomb recipe*|bomb instructions|diy bomb*|bomb at home|how to bomb" }, STUDY },
	{ "instructions for poisons and weapons of mass destruction", { MAKING, POISONS }, STUDY },
	{ "instructions for forbidden weapons", { MAKING "|convert*|install|buy|order", GUNS }, STUDY },
	{ "ways to attack others", { ATTACK, VICTIMS }, DEFENCE },
	{ "ways to attack others",
		{ "hack someone|hack somebody|hack into someone|hacking someone|dox someone|dox somebody|doxx someone|"
		"spy on someone|spy on somebody|stalk someone|ddos someone|phish someone|infect someone|swat someone|"
		"swatting someone" }, DEFENCE },
	{ "targets that can be attacked",
		{ "vulnerable site*|vulnerable website*|vulnerable server*|vulnerable target*|vulnerable camera*|"
		"vulnerable webcam*|vulnerable host*|vulnerable iot|vulnerable router*|vulnerable shop*|sites "
		"vulnerable to|websites vulnerable to|servers vulnerable to|targets vulnerable to|hosts vulnerable "
		"to|unsecured camera*|unsecured webcam*|open webcams|exposed webcams|shodan dork*|google dork* "
		"list|sqli dork*|carding dork*",
		"find*|list*|search*|scan*|shodan|google|dork*|how to|hack*|exploit*|live|download" }, DEFENCE },
	{ "targets that can be attacked",
		{ "inurl:|intitle:|intext:|allinurl:|allintitle:|allintext:|filetype: env|filetype: log|"
		"filetype: sql|filetype: bak|ext: env|ext: sql|ext: log|ext: bak",
		"password*|passwd|id rsa|wp config|admin|administrator|phpmyadmin|htpasswd|credential*|secret*|"
		"backup*|view shtml|viewerframe|php id|login|webcam*|camera*|scada|db password|database" },
		"docs|documentation|guide|tutorial|github|stackoverflow|manual" },
	{ "stolen data and tools to attack others",
		{ "stolen credit card*|cvv dump*|fullz|combolist*|combo list download|carding forum*|"
		"carding tutorial*|ip stresser*|ip booter*|booter service*|ddos for hire|ddos as a service|"
		"ransomware builder*|rat builder*|fud crypter*|crypter fud|keylogger download|exploit for sale|"
		"zero day for sale|buy zero day*|buy exploit*|botnet for hire|rent a botnet|buy botnet*|"
		"buy ransomware|ransomware as a service buy|leaked passwords download|dark web hitman|hire a hitman|"
		"hire a hacker" }, DEFENCE },
	{ 0 },
};
