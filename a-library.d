library.o: src/image/library.c src/image/library.h src/image/file.h \
 src/util/error.h src/util/cleanup.h src/image/kdump_format.h
src/image/library.h:
src/image/file.h:
src/util/error.h:
src/util/cleanup.h:
src/image/kdump_format.h:
