elf.o: src/image/elf.c src/image/elf.h src/image/arch.h src/image/page.h \
  src/image/ranges.h src/util/vec.h src/util/error.h src/util/cleanup.h \
  src/image/file.h

src/image/elf.h:

src/image/arch.h:

src/image/page.h:

src/image/ranges.h:

src/util/vec.h:

src/util/error.h:

src/util/cleanup.h:

src/image/file.h:
