source.o: src/image/source.c src/image/source.h src/image/elf.h \
 src/image/arch.h src/image/page.h src/image/ranges.h src/util/vec.h \
 src/util/error.h src/util/cleanup.h src/image/format.h src/image/image.h \
 src/image/registers.h src/util/progress.h src/image/kdump.h \
 src/image/vmcoreinfo.h src/image/flatten.h src/image/library.h
src/image/source.h:
src/image/elf.h:
src/image/arch.h:
src/image/page.h:
src/image/ranges.h:
src/util/vec.h:
src/util/error.h:
src/util/cleanup.h:
src/image/format.h:
src/image/image.h:
src/image/registers.h:
src/util/progress.h:
src/image/kdump.h:
src/image/vmcoreinfo.h:
src/image/flatten.h:
src/image/library.h:
