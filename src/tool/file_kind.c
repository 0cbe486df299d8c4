/* Marks and where sizes stand: the formats' own specifications. */
#include "tool/file_kind.h"

#include "base/cleanup.h"

static uint32_t big(struct str s, size_t at, size_t bytes)
{
	uint32_t number = 0;

	for (size_t i = 0; i < bytes && at + i < s.n; i++)
		number = number << 8 | (unsigned char)s.p[at + i];
	return number;
}

static uint32_t little(struct str s, size_t at, size_t bytes)
{
	uint32_t number = 0;

	for (size_t i = bytes; i-- > 0;)
		number = number << 8 | (at + i < s.n ? (unsigned char)s.p[at + i] : 0);
	return number;
}

/* --- sizes of pictures -------------------------------------------------------------------- */

static void size_png(struct str s, struct file_kind *k)
{
	k->width = big(s, 16, 4);
	k->height = big(s, 20, 4);
}

static void size_gif(struct str s, struct file_kind *k)
{
	k->width = little(s, 6, 2);
	k->height = little(s, 8, 2);
}

static void size_bmp(struct str s, struct file_kind *k)
{
	k->width = little(s, 18, 4);
	k->height = little(s, 22, 4);
	if (k->height > INT32_MAX)         /* counted from above */
		k->height = -k->height;
}

/* Segments up to the first that begins a frame; other markers than these few are no frames. */
static void size_jpeg(struct str s, struct file_kind *k)
{
	for (size_t at = 2; at + 9 < s.n && (unsigned char)s.p[at] == 0xff; ) {
		unsigned char marker = (unsigned char)s.p[at + 1];
		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
			k->height = big(s, at + 5, 2);
			k->width = big(s, at + 7, 2);
			return;
		}
		at += 2 + big(s, at + 2, 2);
	}
}

static void size_webp(struct str s, struct file_kind *k)
{
	struct str form = s.n >= 30 ? (struct str){ s.p + 12, 4 } : (struct str){0};
	uint32_t bits = little(s, 21, 4);

	if (str_is(form, "VP8 ")) {
		k->width = little(s, 26, 2) & 0x3fff;
		k->height = little(s, 28, 2) & 0x3fff;
	} else if (str_is(form, "VP8L")) {
		k->width = (bits & 0x3fff) + 1;
		k->height = (bits >> 14 & 0x3fff) + 1;
	} else if (str_is(form, "VP8X")) {
		k->width = little(s, 24, 3) + 1;
		k->height = little(s, 27, 3) + 1;
	}
}

/* --- marks -------------------------------------------------------------------------------- */

static const char list_archive[] = "list it with Bash, for example `unzip -l` or `tar tf`";
static const char unpack[] = "unpack it with Bash first";
static const char disassemble[] = "look into it with Bash, for example `file` or `strings`";

static const struct {
	size_t at;                 /* where the mark stands */
	struct str mark, second;   /* the second, if any, at byte 8 */
	struct file_kind kind;
	void (*size)(struct str head, struct file_kind *k);
} marks[] = {
	{ 0, STR("\x89PNG\r\n\x1a\n"), STR(""), { "a PNG picture", "image/png", NULL, true }, size_png },
	{ 0, STR("\xff\xd8\xff"), STR(""), { "a JPEG picture", "image/jpeg", NULL, true }, size_jpeg },
	{ 0, STR("GIF87a"), STR(""), { "a GIF picture", "image/gif" }, size_gif },
	{ 0, STR("GIF89a"), STR(""), { "a GIF picture", "image/gif" }, size_gif },
	{ 0, STR("RIFF"), STR("WEBP"), { "a WebP picture", "image/webp" }, size_webp },
	{ 0, STR("BM"), STR(""), { "a BMP picture" }, size_bmp },
	{ 0, STR("II*\0"), STR(""), { "a TIFF picture" }, NULL },
	{ 0, STR("MM\0*"), STR(""), { "a TIFF picture" }, NULL },
	{ 0, STR("\0\0\1\0"), STR(""), { "an icon (ICO)" }, NULL },
	{ 4, STR("ftypavif"), STR(""), { "an AVIF picture" }, NULL },
	{ 4, STR("ftyphei"), STR(""), { "a HEIF picture" }, NULL },
	{ 0, STR("%PDF-"), STR(""),
		{ "a PDF document", NULL, "take its text with Bash: `pdftotext FILE -`", true }, NULL },
	{ 0, STR("PK\3\4"), STR(""),
		{ "a ZIP archive (or an office document, a JAR, ...)", NULL, list_archive }, NULL },
	{ 0, STR("\x1f\x8b"), STR(""),
		{ "gzip-compressed", NULL, "read it with Bash: `zcat FILE | head`", true }, NULL },
	{ 0, STR("BZh"), STR(""), { "bzip2-compressed", NULL, "read it with Bash: `bzcat FILE | head`" }, NULL },
	{ 0, STR("\xfd""7zXZ\0"), STR(""),
		{ "xz-compressed", NULL, "read it with Bash: `xzcat FILE | head`", true }, NULL },
	{ 0, STR("\x28\xb5\x2f\xfd"), STR(""),
		{ "zstd-compressed", NULL, "read it with Bash: `zstdcat FILE | head`", true }, NULL },
	{ 0, STR("7z\xbc\xaf\x27\x1c"), STR(""), { "a 7-Zip archive", NULL, unpack }, NULL },
	{ 0, STR("Rar!\x1a\7"), STR(""), { "a RAR archive", NULL, unpack }, NULL },
	{ 257, STR("ustar"), STR(""), { "a tar archive", NULL, list_archive }, NULL },
	{ 0, STR("\x7f""ELF"), STR(""), { "an ELF program or library", NULL, disassemble, true }, NULL },
	{ 0, STR("MZ"), STR(""), { "a program for Windows", NULL, disassemble }, NULL },
	{ 0, STR("\xcf\xfa\xed\xfe"), STR(""), { "a Mach-O program or library", NULL, disassemble }, NULL },
	{ 0, STR("\xca\xfe\xba\xbe"), STR(""), { "a Java class or a Mach-O program", NULL, disassemble }, NULL },
	{ 0, STR("\0asm"), STR(""), { "WebAssembly", NULL, disassemble }, NULL },
	{ 0, STR("!<arch>\n"), STR(""),
		{ "a static library or a Debian package", NULL, "list it with Bash: `ar t`" }, NULL },
	{ 0, STR("SQLite format 3\0"), STR(""),
		{ "an SQLite database", NULL, "ask it with Bash: `sqlite3 FILE .schema`" }, NULL },
	{ 0, STR("OggS"), STR(""), { "Ogg sound or video" }, NULL },
	{ 0, STR("fLaC"), STR(""), { "FLAC sound" }, NULL },
	{ 0, STR("ID3"), STR(""), { "MP3 sound" }, NULL },
	{ 0, STR("RIFF"), STR("WAVE"), { "WAV sound" }, NULL },
	{ 4, STR("ftyp"), STR(""), { "an MP4 or QuickTime film" }, NULL },
	{ 0, STR("\x1a\x45\xdf\xa3"), STR(""), { "a Matroska or WebM film" }, NULL },
	{ 0, STR("wOF"), STR(""), { "a web font" }, NULL },
	{ 0, STR("\0\1\0\0\0"), STR(""), { "a TrueType font" }, NULL },
	{ 0, STR("OTTO"), STR(""), { "an OpenType font" }, NULL },
};

static bool stands_at(struct str head, size_t at, struct str mark)
{
	return head.n >= at && str_starts(str_from(head, at), mark);
}

bool file_kind_find(struct str head, struct file_kind *kind)
{
	for (size_t i = 0; i < countof(marks); i++) {
		if (!stands_at(head, marks[i].at, marks[i].mark) ||
		    (marks[i].second.n && !stands_at(head, 8, marks[i].second)))
			continue;
		*kind = marks[i].kind;
		if (marks[i].size)
			marks[i].size(head, kind);
		return true;
	}
	return false;
}
