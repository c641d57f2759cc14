/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin.h: the interface between kleak-dump and its plugins.
 *
 * A plugin is a shared object that exports one data symbol, `kleak_plugin`. It knows one more thing about somebody's
 * kernel: objects of an allocator of its own, memory that holds references, why an object only looks leaked, what to
 * call the memory that refers to one. Or it knows what becomes of a run: a form of report, a place to send its rows to.
 * It needs nothing but this header: it links to no library of kleak-dump, and asks for everything through the functions
 * of `struct kleak_host`. docs/plugins.md begins with a template.
 *
 * Rules. A plugin is called in a process of its own, with the rights of the sandbox: it can read memory of the dump,
 * and send back what is defined here, nothing else. It is ended when it crashes, takes longer than it may, or says
 * what cannot be, and the run goes on without it and says so. What it keeps in variables is gone after each call of the
 * host into it; between two calls of `classify` within one run it stays. It never prints, and never exits.
 *
 * Versions. The structs below begin with their size. Fields are only ever added at their ends, and the minor version
 * grows then; a host takes plugins of its own major version and of its minor version or older, and a plugin must not
 * touch fields of the host that lie behind the host's size. Numbers are never reused.
 */
#ifndef KLEAK_PLUGIN_H
#define KLEAK_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KLEAK_PLUGIN_MAJOR 1 /* the layout below */
#define KLEAK_PLUGIN_MINOR 3 /* fields at the end of structs, and numbers */

/* What a plugin can do: bits of kleak_plugin.capabilities. Each stands for the function of its name. */
enum kleak_capability {
	KLEAK_CAN_ADD_OBJECTS = 1 << 0, /* objects: an allocator's */
	KLEAK_CAN_ADD_ROOTS = 1 << 1,   /* roots: memory that holds references which count */
	KLEAK_CAN_CLASSIFY = 1 << 2,    /* classify: why an unreferenced object is no leak */
	/* since 1.1 */
	KLEAK_CAN_NAME_HOLDERS = 1 << 3, /* name_holder: words for memory that refers to an object */
	KLEAK_CAN_FORMAT = 1 << 4,       /* format: `report --format`, with the plugin's name */
	KLEAK_CAN_SINK = 1 << 5,         /* sink: a run's rows, for `--sink` */
	/* since 1.3 */
	KLEAK_CAN_ADD_FREED = 1 << 6, /* freed: what was given back, and only waits to be freed */
};

/* What the plugin has to know of the kernel's structs and symbols. The host finds it out, and leaves a plugin alone of
 * which something that is not optional is not there. Since 1.1: what is a module's has the module's name in front,
 * "acme:acme_ring"; of a symbol that is the `name`, otherwise the `type`. */
struct kleak_need {
	const char *type;  /* "net_device": a struct, union or typedef; NULL: a symbol is meant */
	const char *name;  /* of the symbol; of a member, "dev.kobj.name"; NULL: the size of the type is meant */
	uint32_t optional; /* 1: the plugin can do without */
	uint32_t kind;     /* enum kleak_need_kind, since 1.3; 0 before */
};

enum kleak_need_kind {
	KLEAK_NEED_BY_NAME = 0,
	/* Call sites of allocation profiling whose "file:line" or function matches the glob @name; @type is NULL. */
	KLEAK_NEED_CALL_SITE = 1,
};

/* The answer to a need. */
struct kleak_where {
	uint64_t value;   /* run-time address of a symbol, offset of a member, number of call sites; 0 of a type */
	uint64_t size;    /* bytes, of call sites those that are allocated there; 0: not known */
	uint32_t present; /* 0: this kernel has no such thing */
	uint32_t reserved;
};

/* What the number in an address means. */
enum kleak_plugin_class {
	KLEAK_OBJECT_VIRTUAL = 0,  /* kernel virtual address */
	KLEAK_OBJECT_PHYSICAL = 1, /* physical address */
	KLEAK_OBJECT_PERCPU = 2,   /* per-CPU cookie */
};

/* An allocated object. */
struct kleak_object {
	uint64_t address;
	uint64_t size;     /* bytes, not 0 */
	uint32_t class_;   /* enum kleak_plugin_class */
	uint32_t reserved; /* 0 */
};

/* What a maple tree holds at the indexes from @first to @last, both included. */
struct kleak_range {
	uint64_t first, last;
	uint64_t value;
};

/* An object that nothing was found to refer to. Strings are valid during the call, and hold bytes of the dump. */
struct kleak_suspect {
	uint32_t size_of_this;
	struct kleak_object object;
	const char *frames; /* its allocation stack without offsets: "acme_probe [acme]\n..."; "": not known */
	const char *cache;  /* slab cache; NULL: none known */
	const char *type;   /* its struct; NULL: not known */
	const char *site;   /* "drivers/acme/ring.c:42", from allocation profiling; NULL: not known */
};

/* Since 1.1: what a word that refers to an object stands in, as the host would describe it: a row of the view `refs`.
 * Strings are valid during the call, hold bytes of the dump, and are NULL where nothing is known. */
struct kleak_holder {
	uint32_t size_of_this;
	uint32_t reserved;
	const char *kind;      /* "object", "root", "stack", "percpu", ...: docs/schema.md */
	uint64_t address;      /* of the holder's first byte */
	uint64_t offset;       /* of the word from there */
	const char *name;      /* "acme_ring.desc" */
	const char *cache;     /* of an object: its slab cache, */
	const char *type;      /* its struct, */
	const char *member;    /* the member at the offset, */
	const char *allocator; /* and who allocated it: the first frame that is not the allocator's */
};

/* Since 1.1: what one column of a row holds. This struct never grows. */
enum kleak_value_kind {
	KLEAK_NULL = 0, /* not known */
	KLEAK_INTEGER = 1,
	KLEAK_REAL = 2,
	KLEAK_TEXT = 3,
};

struct kleak_value {
	uint32_t kind;    /* enum kleak_value_kind */
	uint32_t length;  /* bytes of the text */
	int64_t integer;  /* 0 where it is none */
	double real;      /* 0 likewise */
	const char *text; /* numbers, too, and "" for KLEAK_NULL; never NULL. May hold bytes of the dump: escape it */
};

/* Since 1.1: a row of one of the views of docs/schema.md. Valid during the call. */
struct kleak_row {
	uint32_t size_of_this;
	uint32_t count;             /* of columns */
	const char *const *columns; /* their names */
	const struct kleak_value *values;
};

/* What the host does for a plugin. @host is what the plugin was given. Functions that return int return 0; anything
 * else means that the host has had enough, and the plugin returns that number. */
struct kleak_host {
	uint32_t size;
	uint32_t minor;
	void *context;       /* the host's */
	const char *release; /* of the kernel: "6.12.107" */
	const char *machine; /* "x86_64", "aarch64" */
	uint32_t page_shift;
	uint32_t possible_cpus; /* how many */

	/* The answer to the need of that number, never NULL. */
	const struct kleak_where *(*where)(const struct kleak_host *host, size_t need);

	/* Memory at a kernel virtual address. Returns how many bytes are in the dump; the others are zeroed. */
	size_t (*read)(const struct kleak_host *host, uint64_t address, void *buffer, size_t length);

	/* The address of CPU number @cpu's copy, 0 ... possible_cpus - 1; 0 when there is none. */
	uint64_t (*percpu)(const struct kleak_host *host, uint64_t cookie, uint32_t cpu);

	/* The allocated object that holds @address; returns 1 when there is one, 0 when there is none. Not yet while
	 * objects are being added. */
	int (*object_at)(const struct kleak_host *host, uint64_t address, struct kleak_object *ret);

	/* "name+0x1c/0x80 [module]", as %pS prints it; cut to @size bytes with the NUL. Returns its length uncut. */
	size_t (*symbol_at)(const struct kleak_host *host, uint64_t address, char *buffer, size_t size);

	/* From `objects` only: one more object. */
	int (*add_object)(const struct kleak_host *host, const struct kleak_object *object);

	/* From `roots` only: memory by virtual address, every aligned word of which may hold a reference. */
	int (*add_root)(const struct kleak_host *host, uint64_t address, uint64_t length);

	/* From `classify` only: the suspect at hand is no leak; @why is a clause for people, such as
	 * "held by the firmware". What it alone leads to is no leak, either. */
	int (*explain)(const struct kleak_host *host, const char *why);

	/* Here `minor` 0 ends. */

	/* From `name_holder` only: what the holder at hand is, for people: "slot 3 of eth0's ring". */
	int (*name)(const struct kleak_host *host, const char *words);

	/* From `format` and `sink` only. There is a run then and no kernel: no need is answered, no memory is read. */

	/* Calls @fn for every row that the run has in the view @view, in an order that is always the same, until it
	 * returns something other than 0, which is returned. Not from within @fn. -1: there is no such view. */
	int (*each_row)(const struct kleak_host *host, const char *view,
			int (*fn)(const struct kleak_host *host, const struct kleak_row *row, void *context),
			void *context);

	/* The column of that name; never NULL: one that is not there is KLEAK_NULL. */
	const struct kleak_value *(*value)(const struct kleak_host *host, const struct kleak_row *row,
					   const char *column);

	/* Appends to the report, or to the file of `--sink`. */
	int (*write)(const struct kleak_host *host, const void *bytes, size_t length);

	/* Here `minor` 1 ends. */

	/* Reads the struct maple_tree at @tree: up to @max ranges by ascending index. Returns how many it has, or
	 * SIZE_MAX where it is damaged, or no tree that can be read. */
	size_t (*ranges)(const struct kleak_host *host, uint64_t tree, struct kleak_range *ret, size_t max);

	/* Here `minor` 2 ends. */

	/* From `freed` only: nobody owns the object that holds @address any more, and something that is not scanned
	 * will free it. Its allocator still counts it as in use. */
	int (*add_freed)(const struct kleak_host *host, uint64_t address);

	/* From `freed` only: the page at @address, a multiple of its size, belongs to what frees: what stands in it
	 * refers to nothing that is in use. */
	int (*add_freeing_page)(const struct kleak_host *host, uint64_t address);

	/* From `objects`, `roots` and `freed`: what stands at @address cannot be right, @what is a clause for people:
	 * "the list does not end". The run's record has it, and the run is partial; the plugin goes on. */
	int (*damaged)(const struct kleak_host *host, uint64_t address, const char *what);
};

struct kleak_plugin {
	uint32_t size; /* sizeof(struct kleak_plugin) */
	uint32_t major, minor;
	uint32_t capabilities; /* enum kleak_capability */
	const char *name;      /* letters, digits, '_' and '-' */
	const char *version;
	const char *license;
	const char *summary; /* one line */
	const struct kleak_need *needs;
	size_t n_needs;

	/* Each returns 0, or anything else for an error, which ends the plugin; the run names its number. */
	int (*objects)(const struct kleak_host *host);
	int (*roots)(const struct kleak_host *host);
	int (*classify)(const struct kleak_host *host, const struct kleak_suspect *suspect);

	/* Here `minor` 0 ends. */

	int (*name_holder)(const struct kleak_host *host, const struct kleak_holder *holder);
	int (*format)(const struct kleak_host *host);
	int (*sink)(const struct kleak_host *host);

	/* Here `minor` 2 ends. */

	int (*freed)(const struct kleak_host *host);
};

/* The one symbol. */
extern const struct kleak_plugin kleak_plugin;

#ifdef __cplusplus
}
#endif
#endif
