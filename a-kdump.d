kdump.o: src/image/kdump.c src/image/kdump.h src/image/arch.h \
 src/image/page.h src/util/error.h src/util/cleanup.h src/util/vec.h \
 src/image/file.h src/image/kdump_format.h src/util/bytes.h
src/image/kdump.h:
src/image/arch.h:
src/image/page.h:
src/util/error.h:
src/util/cleanup.h:
src/util/vec.h:
src/image/file.h:
src/image/kdump_format.h:
src/util/bytes.h:
