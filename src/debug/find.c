/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/find.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debug/elf_file.h"
#include "debug/unpack.h"
#include "util/strbuf.h"

/* %R is the release, %B the build-id as xx/yyyy…, %b as it is; a pattern whose value is unknown is left out. */
static const char *const installed[] = {
	"/usr/lib/debug/.build-id/%B.debug",         /* all distributions */
	"/usr/lib/debug/boot/vmlinux-%R",            /* Debian, Ubuntu */
	"/usr/lib/debug/boot/vmlinux-%R.debug",      /* SUSE */
	"/usr/lib/debug/lib/modules/%R/vmlinux",     /* Fedora, RHEL */
	"/usr/lib/debug/usr/lib/modules/%R/vmlinux", /* the same after the merge of /usr */
	"/boot/vmlinux-%R",
	"/lib/modules/%R/vmlinux",
	"/lib/modules/%R/build/vmlinux", /* a kernel built here */
	NULL,
};
static const char *const in_directory[] = {
	"/.build-id/%B.debug", "/vmlinux-%R", "/vmlinux-%R.debug", "/vmlinux", "/vmlinux.debug", NULL,
};
/* What debuginfod-find left behind: in $DEBUGINFOD_CACHE_PATH, or below the user's cache directory. */
static const char *const in_debuginfod[] = {"/%b/debuginfo", NULL};
static const char *const suffixes[] = {"", ".xz", ".zst", ".gz"};

/* A compressed candidate is unpacked this far first; its program headers then say where the notes are. */
#define PEEK_FIRST (UINT64_C(1) << 20)
#define PEEK_MAX (UINT64_C(1) << 30)

struct finder {
	const struct kl_debug_search *search;
	bool release_usable;
	bool build_id_usable;
	struct kl_strbuf path; /* the candidate */
	char *found;
	char *without_dwarf; /* right in all but that */
	char *passed_over;   /* the first whose build-id differs */
	char *unusable;      /* the first that is too large or of another kind, and why */
};

/* The build-id of an ELF file of which perhaps only the beginning is there. @need becomes the end of its notes. */
static struct kl_error *peek_build_id(int fd, uint64_t *need, char **ret)
{
	struct kl_error *err = NULL;
	size_t i, count = 0;
	GElf_Phdr header;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_getphdrnum(elf, &count))
		count = 0;
	for (i = 0; i < count && !*ret && !err; i++) {
		uint64_t end;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_NOTE ||
		    __builtin_add_overflow(header.p_offset, header.p_filesz, &end))
			continue;
		if (end > *need)
			*need = end;
		err = kl_elf_note_build_id(
			elf_getdata_rawchunk(elf, (int64_t)header.p_offset, header.p_filesz, ELF_T_NHDR), ret);
	}
	elf_end(elf);
	return err;
}

/* The build-id of a compressed file without unpacking all of it: a vmlinux.xz takes seconds, and beside a dump there
 * may be several. */
static struct kl_error *packed_build_id(int fd, const struct kl_debug_bounds *bounds, char **ret)
{
	uint64_t limit = PEEK_FIRST, need = 0;
	struct kl_error *err;
	int round;

	for (round = 0; round < 2; round++) {
		_cleanup_close_ int plain = -1;

		err = kl_unpack_file(fd, bounds, limit, &plain);
		if (err || plain < 0)
			return err;
		err = peek_build_id(plain, &need, ret);
		if (err || *ret || need <= limit || need > PEEK_MAX)
			return err;
		limit = need;
	}
	return NULL;
}

/* What a candidate is. No ELF file at all is not an error, just not a candidate. */
static struct kl_error *examine_candidate(const char *path, const struct kl_debug_bounds *bounds, char **build_id,
					  bool *has_dwarf)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(kl_elf_file_closep) struct kl_elf_file *file = NULL;
	const struct kl_elf_section *info;
	struct kl_error *err;

	*has_dwarf = true; /* as far as one can tell */
	if (fd < 0)
		return NULL;
	err = packed_build_id(fd, bounds, build_id);
	if (err || *build_id)
		return err;
	err = kl_elf_file_open(path, bounds, &file);
	if (err)
		return err;
	info = kl_elf_file_find(file, ".debug_info");
	*has_dwarf = (info && info->type != SHT_NOBITS) || kl_elf_file_find(file, ".zdebug_info");
	*build_id = kl_take(file->build_id);
	return NULL;
}

static bool keep_first(char **where, const char *path)
{
	if (!*where)
		*where = strdup(path);
	return *where;
}

static bool keep_unusable(struct finder *f, const char *path, const struct kl_error *err)
{
	return f->unusable || asprintf(&f->unusable, "%s: %s", path, kl_error_message(err)) >= 0;
}

/* Takes the file at @path if it is the one. */
static struct kl_error *try_file(struct finder *f, const char *path)
{
	_cleanup_free_ char *build_id = NULL;
	struct kl_error *err;
	bool has_dwarf, kept;
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || access(path, R_OK))
		return NULL;
	err = examine_candidate(path, f->search->bounds, &build_id, &has_dwarf);
	if (err) {
		if (kl_error_code(err) == KL_ERROR_NOMEM || kl_error_code(err) == KL_ERROR_INTERRUPTED)
			return err;
		kept = kl_error_code(err) != KL_ERROR_UNSUPPORTED || keep_unusable(f, path, err);
		kl_error_destroy(err); /* no ELF file, or damaged: another may be better */
		return kept ? NULL : kl_error_nomem();
	}
	if (f->build_id_usable && (!build_id || strcasecmp(build_id, f->search->build_id)))
		kept = keep_first(&f->passed_over, path);
	else if (!has_dwarf)
		kept = keep_first(&f->without_dwarf, path);
	else
		kept = keep_first(&f->found, path);
	return kept ? NULL : kl_error_nomem();
}

/* Tries the candidate in f->path, plain and compressed. */
static struct kl_error *try_with_suffixes(struct finder *f)
{
	_cleanup_strbuf_ struct kl_strbuf path = {};
	struct kl_error *err = NULL;
	size_t i;

	if (f->path.failed)
		return kl_error_nomem();
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !f->found && !err; i++) {
		kl_strbuf_reset(&path);
		kl_strbuf_printf(&path, "%s%s", kl_strbuf_string(&f->path), suffixes[i]);
		err = path.failed ? kl_error_nomem() : try_file(f, kl_strbuf_string(&path));
	}
	return err;
}

/* Puts @directory and the expanded @pattern into f->path; false when the pattern needs what is unknown. */
static bool expand_pattern(struct finder *f, const char *directory, const char *pattern)
{
	kl_strbuf_reset(&f->path);
	kl_strbuf_puts(&f->path, directory);
	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			kl_strbuf_putc(&f->path, *pattern);
			continue;
		}
		pattern++;
		if (!(*pattern == 'R' ? f->release_usable : f->build_id_usable))
			return false;
		if (*pattern == 'R')
			kl_strbuf_puts(&f->path, f->search->release);
		else if (*pattern == 'b')
			kl_strbuf_puts(&f->path, f->search->build_id);
		else
			kl_strbuf_printf(&f->path, "%.2s/%s", f->search->build_id, f->search->build_id + 2);
	}
	return true;
}

static struct kl_error *try_patterns(struct finder *f, const char *directory, const char *const *patterns)
{
	struct kl_error *err = NULL;

	for (; *patterns && !f->found && !err; patterns++)
		if (expand_pattern(f, directory, *patterns))
			err = try_with_suffixes(f);
	return err;
}

/* NAME.vmlinux for NAME.EXTENSION and for NAME itself, then what lies in the same directory. */
static struct kl_error *try_beside_dump(struct finder *f)
{
	const char *path = f->search->dump_path;
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
	_cleanup_free_ char *directory = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	struct kl_error *err = NULL;

	if (!directory)
		return kl_error_nomem();
	if (dot && dot != base) {
		kl_strbuf_reset(&f->path);
		kl_strbuf_printf(&f->path, "%.*s.vmlinux", (int)(dot - path), path);
		err = try_with_suffixes(f);
	}
	if (!err && !f->found) {
		kl_strbuf_reset(&f->path);
		kl_strbuf_printf(&f->path, "%s.vmlinux", path);
		err = try_with_suffixes(f);
	}
	return err ? err : try_patterns(f, directory, in_directory + 1);
}

static struct kl_error *try_environment_paths(struct finder *f)
{
	const char *list = getenv("KLEAK_DEBUG_PATH");
	struct kl_error *err = NULL;

	while (list && *list && !err && !f->found) {
		size_t length = strcspn(list, ":");
		_cleanup_free_ char *directory = strndup(list, length);

		if (!directory)
			return kl_error_nomem();
		if (length)
			err = try_patterns(f, directory, in_directory);
		if (length && !err)
			err = try_patterns(f, directory, installed);
		list += length + (list[length] == ':');
	}
	return err;
}

static struct kl_error *try_debuginfod_cache(struct finder *f)
{
	const char *cache = getenv("DEBUGINFOD_CACHE_PATH"), *user = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	_cleanup_free_ char *directory = NULL;
	int length = 0;

	if (cache && *cache)
		length = asprintf(&directory, "%s", cache);
	else if (user && *user)
		length = asprintf(&directory, "%s/debuginfod_client", user);
	else if (home && *home)
		length = asprintf(&directory, "%s/.cache/debuginfod_client", home);
	else
		return NULL;
	if (length < 0) {
		directory = NULL;
		return kl_error_nomem();
	}
	return try_patterns(f, directory, in_debuginfod);
}

static struct kl_error *no_vmlinux_found(const struct finder *f)
{
	const struct kl_debug_search *s = f->search;
	struct kl_error *err;

	err = kl_error_create(
		KL_ERROR_NOT_FOUND,
		"no vmlinux with debug information found for kernel %s (build-id %s)%s%s%s%s; install the "
		"kernel's debug symbol package, or give --vmlinux FILE or $KLEAK_DEBUG_PATH",
		f->release_usable ? s->release : "of unknown release", f->build_id_usable ? s->build_id : "unknown",
		f->passed_over ? "; passed over, as its build-id differs: " : "", f->passed_over ? f->passed_over : "",
		f->unusable ? "; passed over: " : "", f->unusable ? f->unusable : "");
	return err;
}

static struct kl_error *search_all_places(struct finder *f)
{
	struct kl_error *err = NULL;

	if (f->search->dump_path)
		err = try_beside_dump(f);
	if (!err && !f->found)
		err = try_environment_paths(f);
	if (!err && !f->found)
		err = try_patterns(f, "", installed);
	if (!err && !f->found)
		err = try_debuginfod_cache(f);
	return err;
}

struct kl_error *kl_debug_find(const struct kl_debug_search *search, char **ret)
{
	struct finder f = {.search = search};
	struct kl_error *err;

	if (search->vmlinux) {
		*ret = strdup(search->vmlinux);
		return *ret ? NULL : kl_error_nomem();
	}
	/* both come from the dump and become parts of paths */
	f.release_usable =
		search->release && *search->release && *search->release != '.' && !strchr(search->release, '/');
	f.build_id_usable = search->build_id && strlen(search->build_id) > 2 &&
			    strspn(search->build_id, "0123456789abcdefABCDEF") == strlen(search->build_id);
	err = search_all_places(&f);
	if (!err) {
		*ret = f.found ? kl_take(f.found) : kl_take(f.without_dwarf);
		err = *ret ? NULL : no_vmlinux_found(&f);
	}
	free(f.found);
	free(f.without_dwarf);
	free(f.passed_over);
	free(f.unusable);
	kl_strbuf_deinit(&f.path);
	return err;
}
