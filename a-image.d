image.o: src/image/image.c src/image/image.h src/image/arch.h \
 src/image/registers.h src/util/error.h src/util/cleanup.h \
 src/util/progress.h src/image/cache.h src/image/library.h \
 src/image/source.h src/image/elf.h src/image/page.h src/image/ranges.h \
 src/util/vec.h src/image/format.h src/image/kdump.h \
 src/image/vmcoreinfo.h src/image/translate.h src/util/bytes.h \
 src/util/map.h
src/image/image.h:
src/image/arch.h:
src/image/registers.h:
src/util/error.h:
src/util/cleanup.h:
src/util/progress.h:
src/image/cache.h:
src/image/library.h:
src/image/source.h:
src/image/elf.h:
src/image/page.h:
src/image/ranges.h:
src/util/vec.h:
src/image/format.h:
src/image/kdump.h:
src/image/vmcoreinfo.h:
src/image/translate.h:
src/util/bytes.h:
src/util/map.h:
