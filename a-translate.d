translate.o: src/image/translate.c src/image/translate.h \
 src/image/source.h src/image/elf.h src/image/arch.h src/image/page.h \
 src/image/ranges.h src/util/vec.h src/util/error.h src/util/cleanup.h \
 src/image/format.h src/image/image.h src/image/registers.h \
 src/util/progress.h src/image/kdump.h src/image/vmcoreinfo.h \
 src/util/bytes.h
src/image/translate.h:
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
src/util/bytes.h:
