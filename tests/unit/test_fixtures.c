/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every form of dump that tests/fixtures/mkdump writes opens, and holds what the mini kernel's ELF file says. */
#include <gelf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "image/image.h"
#include "test.h"

#define MAX_PARTS 4

static const char *fixtures(void)
{
	static char path[4096];
	const char *build = getenv("KLEAK_BUILD");

	snprintf(path, sizeof(path), "%s/fixtures", build ? build : "build");
	return path;
}

/* A mini kernel's symbols and memory. */
struct kernel {
	int fd;
	Elf *elf;
	Elf_Data *symbols;
	GElf_Shdr symbols_header;
};

static bool kernel_open(const char *name, struct kernel *k)
{
	char path[4200];
	Elf_Scn *section = NULL;

	snprintf(path, sizeof(path), "%s/%s.kernel", fixtures(), name);
	elf_version(EV_CURRENT);
	*k = (struct kernel){.fd = open(path, O_RDONLY)};
	k->elf = k->fd < 0 ? NULL : elf_begin(k->fd, ELF_C_READ, NULL);
	while (k->elf && (section = elf_nextscn(k->elf, section)) != NULL) {
		gelf_getshdr(section, &k->symbols_header);
		if (k->symbols_header.sh_type == SHT_SYMTAB) {
			k->symbols = elf_getdata(section, NULL);
			return k->symbols != NULL;
		}
	}
	FAIL_("%s: no symbols", path);
	return false;
}

static void kernel_close(struct kernel *k)
{
	elf_end(k->elf);
	if (k->fd >= 0)
		close(k->fd);
}

static bool kernel_symbol(const struct kernel *k, const char *name, GElf_Sym *ret)
{
	int i;

	for (i = 0; gelf_getsym(k->symbols, i, ret); i++) {
		const char *found = elf_strptr(k->elf, k->symbols_header.sh_link, ret->st_name);

		if (found && !strcmp(found, name))
			return true;
	}
	FAIL_("no symbol %s", name);
	return false;
}

/* The bytes that the linker put at @address. */
static const uint8_t *kernel_bytes(const struct kernel *k, const GElf_Sym *symbol)
{
	Elf_Scn *section = elf_getscn(k->elf, symbol->st_shndx);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Shdr header;

	if (!data || !gelf_getshdr(section, &header) || symbol->st_value < header.sh_addr ||
	    symbol->st_value - header.sh_addr + symbol->st_size > data->d_size)
		return NULL;
	return (const uint8_t *)data->d_buf + (symbol->st_value - header.sh_addr);
}

/* One symbol of each way to be mapped: image, its data, modules, direct map, vmalloc, memmap. */
static const char *const probes[] = {"linux_banner",    "in_data",   "init_task",    "the_module",
				     "heap_plain_leak", "area_held", "stack_daemon", "mini_memmap"};

static void check_memory(struct kl_image *image, const struct kernel *k)
{
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const uint8_t *wanted;
		uint8_t *found;
		GElf_Sym symbol;

		if (!kernel_symbol(k, probes[i], &symbol))
			continue;
		wanted = kernel_bytes(k, &symbol);
		found = malloc(symbol.st_size);
		CHECK(wanted && found && symbol.st_size);
		CHECK_OK(kl_image_read(image, symbol.st_value, found, symbol.st_size));
		if (memcmp(found, wanted, symbol.st_size))
			FAIL_("%s differs", probes[i]);
		free(found);
	}
}

/* mkdump's options, the kernel and the dump; false and a failed case when it fails. */
static bool make_dump(const char *options, const char *kernel, const char *dump)
{
	char command[16384];

	snprintf(command, sizeof(command), "%s/mkdump %s %s/%s.kernel %s/%s", fixtures(), options, fixtures(), kernel,
		 fixtures(), dump);
	if (system(command) == 0)
		return true;
	FAIL_("%s", command);
	return false;
}

static struct kl_error *open_dump(const char *dump, unsigned parts, struct kl_image **ret)
{
	static char paths[MAX_PARTS][4300];
	const char *list[MAX_PARTS];
	struct kl_image_options options = {.paths = list, .n_paths = parts, .cache_dir = fixtures()};
	unsigned i;

	for (i = 0; i < parts; i++) {
		if (parts == 1)
			snprintf(paths[i], sizeof(paths[i]), "%s/%s", fixtures(), dump);
		else
			snprintf(paths[i], sizeof(paths[i]), "%s/%s.%u", fixtures(), dump, i + 1);
		list[i] = paths[i];
	}
	return kl_image_open(&options, ret);
}

static void remove_dump(const char *dump)
{
	char command[4300];

	snprintf(command, sizeof(command), "rm -f %s/%s %s/%s.[0-9]", fixtures(), dump, fixtures(), dump);
	CHECK_INT(system(command), 0);
}

static void check_dump(const char *kernel, const char *dump, unsigned parts)
{
	_cleanup_image_ struct kl_image *image = NULL;
	struct kl_registers registers;
	GElf_Sym stack, pages;
	const char *release;
	struct kernel k;
	uint64_t address;

	if (kernel_open(kernel, &k)) {
		CHECK_OK(open_dump(dump, parts, &image));
		if (image) {
			check_memory(image, &k);
			CHECK(kl_image_vmcoreinfo_string(image, "OSRELEASE", &release));
			CHECK(strstr(release, "-mini"));
			CHECK(kl_image_vmcoreinfo_symbol(image, "_stext", &address));
			CHECK_INT(kl_image_cpus(image), 2);
			CHECK_OK(kl_image_registers(image, 1, &registers));
			CHECK_INT(registers.pid, 300);
			CHECK(kernel_symbol(&k, "stack_daemon", &stack));
			CHECK(registers.sp > stack.st_value && registers.sp < stack.st_value + stack.st_size);
			CHECK(kernel_symbol(&k, "mini_memmap", &pages));
			CHECK_INT(kl_image_missing(image)->missing + kl_image_missing(image)->corrupt, 0);
		}
	}
	kernel_close(&k);
}

/* The dumps the build makes anyway: all generations. */
static void check_built(const char *kernel)
{
	char dump[128];

	snprintf(dump, sizeof(dump), "%s.vmcore", kernel);
	check_dump(kernel, dump, 1);
	snprintf(dump, sizeof(dump), "%s.kdump", kernel);
	check_dump(kernel, dump, 1);
}

static void check_made(const char *options, unsigned parts)
{
	if (make_dump(options, "7.3-x86_64", "test.dump"))
		check_dump("7.3-x86_64", "test.dump", parts);
	remove_dump("test.dump");
}

static void test_generations_x86_64(void)
{
	const char *const kernels[] = {"2.6.31-x86_64", "3.0-x86_64",  "4.9-x86_64", "5.10-x86_64",  "6.1-x86_64",
				       "6.6-x86_64",    "6.12-x86_64", "7.3-x86_64", "7.3-x86_64-l5"};
	size_t i;

	for (i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		check_built(kernels[i]);
}

static void test_generations_aarch64(void)
{
	const char *const kernels[] = {"4.9-aarch64", "5.10-aarch64", "6.1-aarch64",
				       "6.6-aarch64", "6.12-aarch64", "7.3-aarch64"};
	char path[4200];
	size_t i;

	snprintf(path, sizeof(path), "%s/7.3-aarch64.kernel", fixtures());
	if (access(path, F_OK))
		SKIP("no cross compiler when the fixtures were built");
	for (i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		check_built(kernels[i]);
}

static void test_compressions(void)
{
	check_made("--kdump none", 1);
	check_made("--kdump lzo", 1);
	check_made("--kdump snappy", 1);
	check_made("--kdump zstd", 1);
}

static void test_flattened(void)
{
	check_made("--flatten", 1);
	check_made("--flatten --kdump zlib", 1);
}

static void test_split(void)
{
	check_made("--kdump zlib --split 3", 3);
}

/* A page that is left out is missing; the page beside it is not. */
static void check_dropped(const char *options)
{
	_cleanup_image_ struct kl_image *image = NULL;
	GElf_Sym dropped, kept;
	struct kernel k;
	uint64_t word;

	if (make_dump(options, "7.3-x86_64", "test.dump") && kernel_open("7.3-x86_64", &k)) {
		CHECK_OK(open_dump("test.dump", 1, &image));
		CHECK(kernel_symbol(&k, "area_held", &dropped) && kernel_symbol(&k, "area_half", &kept));
		if (image) {
			CHECK_ERROR(kl_image_read_u64(image, dropped.st_value, &word), KL_ERROR_MISSING);
			CHECK_OK(kl_image_read_u64(image, kept.st_value, &word));
			CHECK_INT(kl_image_missing(image)->missing, 1);
		}
		kernel_close(&k);
	}
	remove_dump("test.dump");
}

static void test_dropped_pages(void)
{
	check_dropped("--drop-page area_held");
	check_dropped("--drop-page area_held+8 --kdump zlib");
}

static void test_patch(void)
{
	_cleanup_image_ struct kl_image *image = NULL;
	GElf_Sym symbol;
	struct kernel k;
	uint64_t word = 0;

	if (make_dump("--patch in_data+8=1122334455667788", "7.3-x86_64", "test.dump") &&
	    kernel_open("7.3-x86_64", &k)) {
		CHECK_OK(open_dump("test.dump", 1, &image));
		CHECK(kernel_symbol(&k, "in_data", &symbol));
		CHECK_OK(image ? kl_image_read_u64(image, symbol.st_value + 8, &word) : NULL);
		CHECK(word == 0x8877665544332211);
		kernel_close(&k);
	}
	remove_dump("test.dump");
}

int main(void)
{
	RUN(test_generations_x86_64);
	RUN(test_generations_aarch64);
	RUN(test_compressions);
	RUN(test_flattened);
	RUN(test_split);
	RUN(test_dropped_pages);
	RUN(test_patch);
	return DONE();
}
